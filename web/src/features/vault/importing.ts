import { createContext, useContext, useEffect, useEffectEvent } from "react";

export type DropTarget = { label: string; take: (files: File[]) => void };

type Importing = {
  /** Asks for STEP files or parts lists and imports them. */
  choose: () => void;
  setTarget: (target: DropTarget | null) => void;
};

export const ImportContext = createContext<Importing>({ choose: () => undefined, setTarget: () => undefined });

export const useImport = () => useContext(ImportContext);

/** While the calling page shows, files dropped anywhere go to it, not to an import. */
export function useDropTarget(label: string, take: (files: File[]) => void, enabled: boolean) {
  const { setTarget } = useImport();
  const taken = useEffectEvent(take);
  useEffect(() => {
    if (!enabled) return;
    setTarget({ label, take: (files) => taken(files) });
    return () => setTarget(null);
  }, [label, enabled, setTarget]);
}

/** What the server reads a product structure from, by name. */
export const isStep = (name: string): boolean => /\.((step|stp)(\.gz)?|stpz|p21)$/i.test(name);
export const IMPORTED = [".step", ".stp", ".stpz", ".stp.gz", ".step.gz", ".p21", ".zip", ".csv", ".tsv", ".bom.json"];
export const isImported = (name: string): boolean => IMPORTED.some((suffix) => name.toLowerCase().endsWith(suffix));
