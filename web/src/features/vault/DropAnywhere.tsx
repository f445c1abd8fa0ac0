import { fromEvent } from "file-selector";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Icon } from "../../ui/Icon";
import { ImportDialog } from "./ImportDialog";
import { type DropTarget, IMPORTED, ImportContext, isImported } from "./importing";

const inFolder = (file: File) =>
  "relativePath" in file &&
  String(file.relativePath)
    .replace(/^\.?\//, "")
    .includes("/");

/** The files of a drop, those of dropped folders among them. */
async function filesOf(event: DragEvent): Promise<File[]> {
  const found = await fromEvent(event);
  return found.filter((item): item is Extract<typeof item, File> => item instanceof File);
}

const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;

/** Takes files dropped anywhere on the page: imports them, or hands them to the page that asked for them. */
export function DropAnywhere({ children }: { children: ReactNode }) {
  const [over, setOver] = useState(false);
  const [files, setFiles] = useState<File[] | null>(null);
  const [leftOut, setLeftOut] = useState(0);
  const [target, setTarget] = useState<DropTarget | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const depth = useRef(0);
  const take = useCallback(
    (dropped: File[]) => {
      if (dropped.length === 0) return;
      if (target) return target.take(dropped);
      const meant = dropped.filter((file) => !inFolder(file) || isImported(file.name));
      setLeftOut(dropped.length - meant.length);
      setFiles(meant.length > 0 ? meant : dropped);
    },
    [target],
  );

  useEffect(() => {
    const count = (step: number) => (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth.current = Math.max(0, depth.current + step);
      setOver(depth.current > 0);
    };
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth.current = 0;
      setOver(false);
      void filesOf(event).then(take);
    };
    const handlers = { dragenter: count(1), dragleave: count(-1), dragover: count(0), drop };
    for (const [name, handler] of Object.entries(handlers)) window.addEventListener(name as "drop", handler);
    return () => {
      for (const [name, handler] of Object.entries(handlers)) window.removeEventListener(name as "drop", handler);
    };
  }, [take]);

  const context = useMemo(() => ({ choose: () => input.current?.click(), setTarget }), []);
  return (
    <ImportContext value={context}>
      {children}
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={IMPORTED.join(",")}
        aria-label="Files to import"
        onChange={(event) => {
          setLeftOut(0);
          setFiles([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      {over && (
        <div className="drop-veil" role="status">
          <div className="drop-veil-card">
            <Icon name="upload" size={32} />
            {target?.label ?? "Drop STEP files, parts lists or a folder of them to import them"}
          </div>
        </div>
      )}
      {files && files.length > 0 && <ImportDialog files={files} leftOut={leftOut} close={() => setFiles(null)} />}
    </ImportContext>
  );
}
