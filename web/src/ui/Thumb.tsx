import { useState } from "react";

/** The picture of a part, or the first letter of what it is. */
export function Thumb({
  url,
  letter,
  large = false,
}: {
  url: string | null | undefined;
  letter: string;
  large?: boolean;
}) {
  const [broken, setBroken] = useState<string | null>(null);
  return (
    <span className={large ? "thumb large" : "thumb"} aria-hidden="true">
      {url && broken !== url ? (
        <img src={url} alt="" loading="lazy" decoding="async" onError={() => setBroken(url)} />
      ) : (
        letter
      )}
    </span>
  );
}
