import { Kbd, Modal } from "@mantine/core";

const KEYS: [keys: string[], does: string][] = [
  [["↑", "↓"], "Move; Page Up, Page Down, Home, End too"],
  [["→"], "Expand, then go to the first child"],
  [["←"], "Collapse, then go to the parent"],
  [["*"], "Expand all"],
  [["Enter", "F2"], "Edit the quantity; Tab goes on to the next cell, Esc leaves it as it was"],
  [["f"], "Edit the find number"],
  [["d"], "Edit the designators"],
  [["a"], "Add a line under the selected row"],
  [["Delete"], "Remove the line (with undo)"],
  [["o"], "Open the part"],
  [["w"], "Where used"],
  [["/"], "Filter"],
  [["?"], "This help"],
];

export function KeysHelp({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title="Keys of the BOM tree">
      <dl className="keys">
        {KEYS.map(([names, does]) => (
          <div key={does} style={{ display: "contents" }}>
            <dt>
              {names.map((name) => (
                <Kbd key={name} size="xs">
                  {name}
                </Kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
