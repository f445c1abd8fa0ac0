/** Own strokes on a 16 × 16 grid. */
const PATHS = {
  parts: "M8 1.8 13.5 4.9v6.2L8 14.2 2.5 11.1V4.9zM2.7 5 8 8l5.3-3M8 8v6",
  import: "M8 2v7.5M5 6.8 8 9.8l3-3M2.5 10.5v2.2c0 .5.4.8.8.8h9.4c.4 0 .8-.3.8-.8v-2.2",
  jobs: "M2.5 4h11M2.5 8h7M2.5 12h4M11 10.5v4l3.2-2z",
  history: "M2.6 5.5A6 6 0 1 1 2 8M2.2 2.5v3.2h3.2M8 4.8V8l2.3 1.6",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.3v1.5M8 13.2v1.5M1.3 8h1.5M13.2 8h1.5M3.3 3.3l1 1M11.7 11.7l1 1M3.3 12.7l1-1M11.7 4.3l1-1",
  moon: "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z",
  auto: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zM8 2.5v11M8 5h4M8 8h5.5M8 11h4",
  copy: "M5.5 5.5h7v8h-7zM3.5 10.5v-8h7",
  check: "M3 8.5 6.5 12 13 4.5",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  plus: "M8 3v10M3 8h10",
  trash: "M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.6 9h5.8l.6-9M6.8 7v4M9.2 7v4",
  edit: "M3 13l.7-3L10.5 3.2a1.4 1.4 0 0 1 2 0l.3.3a1.4 1.4 0 0 1 0 2L6 12.3z",
  undo: "M5.5 3 2.5 6l3 3M2.8 6h6.4a3.8 3.8 0 0 1 0 7.5H6",
  warn: "M8 2.2 14.3 13.3H1.7zM8 6.5v3.2M8 11.3v.4",
  info: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zM8 7.3v3.6M8 5v.4",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  branch:
    "M4.5 5.5v5M4.5 2.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM4.5 10.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM11.5 3.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM11.5 6.5c0 2.5-3 3-6 3.5",
  clock: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zM8 4.8V8l2.5 1.5",
  folder: "M2 4.5c0-.6.4-1 1-1h3l1.5 1.8H13c.6 0 1 .4 1 1v5.7c0 .6-.4 1-1 1H3c-.6 0-1-.4-1-1z",
  file: "M4 2h5l3.5 3.5V14H4zM9 2v3.5h3.5",
  download: "M8 2.5V10M5 7.3l3 3 3-3M3 13.5h10",
  upload: "M8 10.5V3M5 5.8l3-3 3 3M3 13.5h10",
  cube: "M8 1.8 13.5 4.9v6.2L8 14.2 2.5 11.1V4.9zM2.7 5 8 8l5.3-3M8 8v6",
  number: "M6 2.5 5 13.5M11 2.5l-1 11M2.5 5.5h11M2.5 10.5h11",
  tree: "M3 3h4M6.5 8h4M6.5 13h4M4.5 3v10h2M4.5 8h2",
  where: "M8 13V4M4.5 7 8 3.5 11.5 7M3 13.5h10",
  print: "M4.5 6V2.5h7V6M4.5 11.5h-2v-5h11v5h-2M4.5 9.5h7v4h-7z",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10M5.5 8h5M8 5.5v5",
  glass: "M8 2 13.5 5v6L8 14 2.5 11V5zM2.5 5 13.5 11M13.5 5 2.5 11",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
  hide: "M2.5 2.5l11 11M6.3 4A6.7 6.7 0 0 1 8 3.5c4 0 6.5 4.5 6.5 4.5a11 11 0 0 1-2 2.5M9.8 12.2a6.5 6.5 0 0 1-1.8.3C4 12.5 1.5 8 1.5 8a11 11 0 0 1 2.6-3",
  isolate: "M8 5 11 6.7v3.5L8 12l-3-1.8V6.7zM2.5 5V2.5H5M11 2.5h2.5V5M13.5 11v2.5H11M5 13.5H2.5V11",
  right: "M6 3.5 10.5 8 6 12.5",
  down: "M3.5 6 8 10.5 12.5 6",
  retry: "M13.4 10.5A6 6 0 1 1 14 8M13.8 13.5v-3.2h-3.2",
  user: "M8 2.5a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4zM2.8 13.5c.4-2.6 2.6-4 5.2-4s4.8 1.4 5.2 4",
  key: "M10.5 2.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8.3 7.7 2.5 13.5h2.3v-1.7h1.7v-1.7h1.5",
  help: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zM6.3 6.5a1.7 1.7 0 1 1 2.5 1.5c-.6.3-.8.7-.8 1.2M8 11v.4",
  dots: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  signout: "M6.5 2.5h-3v11h3M6.5 8h7M10.5 5l3 3-3 3",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16, label }: { name: IconName; size?: number; label?: string }) {
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: beside words an icon is decoration, and hidden
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "dots" ? 2.2 : 1.3}
      strokeLinecap="round"
      strokeLinejoin="round"
      role={label ? "img" : undefined}
      aria-hidden={label ? undefined : true}
    >
      {label && <title>{label}</title>}
      <path d={PATHS[name]} />
    </svg>
  );
}
