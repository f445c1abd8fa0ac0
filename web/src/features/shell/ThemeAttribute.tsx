import { useComputedColorScheme } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useLayoutEffect } from "react";

/** Keeps `data-theme`, which tokens.css reads, at the scheme chosen; paper is always light. */
export function ThemeAttribute() {
  const scheme = useComputedColorScheme("light");
  const printing = useMediaQuery("print") ?? false;
  useLayoutEffect(() => {
    const shown = printing ? "light" : scheme;
    document.documentElement.dataset.theme = shown;
    document.documentElement.dataset.mantineColorScheme = shown;
  }, [scheme, printing]);
  return null;
}
