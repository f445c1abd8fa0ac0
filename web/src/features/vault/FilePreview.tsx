import { Modal } from "@mantine/core";
import { useState } from "react";
import type { Attachment } from "../../api/types";
import { Icon } from "../../ui/Icon";

/** Shows the picture that was made of a document; nothing where there is none. */
export function FilePreview({ file }: { file: Attachment["file"] }) {
  const [opened, setOpened] = useState(false);
  const preview = file.derivatives.find(({ kind }) => kind === "preview");
  if (!preview) return null;
  return (
    <>
      <button
        type="button"
        className="icon-button"
        aria-label={`Preview ${file.name}`}
        aria-haspopup="dialog"
        onClick={() => setOpened(true)}
      >
        <Icon name="eye" />
      </button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={file.name} size="xl">
        <img src={preview.url} alt={`Preview of ${file.name}`} style={{ maxWidth: "100%" }} />
      </Modal>
    </>
  );
}
