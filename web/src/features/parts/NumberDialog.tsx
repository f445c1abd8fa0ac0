import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { invalidate } from "../../api/events";
import { keys } from "../../api/keys";
import { addAlias, correctNumber, removeAlias } from "../../api/parts";
import { sentence } from "../../api/problem";
import type { Part } from "../../api/types";
import { Icon } from "../../ui/Icon";
import { Notice } from "../../ui/states";

type Act = { kind: "number" | "add" | "remove"; text: string };

const run = (id: string, { kind, text }: Act) =>
  kind === "number" ? correctNumber(id, text) : kind === "add" ? addAlias(id, text) : removeAlias(id, text);

/** Until the first release the number may be corrected; the old one stays reserved as an alias. */
export function NumberDialog({ part, close }: { part: Part; close: () => void }) {
  const client = useQueryClient();
  const [number, setNumber] = useState(part.number);
  const [alias, setAlias] = useState("");
  const act = useMutation({
    mutationFn: (wanted: Act) => run(part.id, wanted),
    onSuccess: (changed, { kind }) => {
      client.setQueryData(keys.part(undefined, part.id), changed);
      void invalidate(client, ["part", "bom", "commit"]);
      setAlias("");
      if (kind === "number") close();
    },
  });
  const released = part.revision !== null;

  return (
    <Modal opened onClose={close} title={`Number and aliases of ${part.number}`}>
      <div className="stack">
        <form
          className="row"
          style={{ alignItems: "flex-end" }}
          onSubmit={(event) => {
            event.preventDefault();
            act.mutate({ kind: "number", text: number.trim() });
          }}
        >
          <TextInput
            className="grow"
            label="Number"
            description={
              released
                ? "Released: the number can no longer change"
                : "The old number stays reserved and finds the part"
            }
            classNames={{ input: "mono" }}
            disabled={released}
            value={number}
            onChange={(event) => setNumber(event.currentTarget.value)}
          />
          <Button
            type="submit"
            disabled={released || !number.trim() || number.trim() === part.number}
            loading={act.isPending}
          >
            Correct
          </Button>
        </form>
        <div>
          <h3>Aliases</h3>
          {part.aliases.length === 0 && <p className="muted">None yet. Legacy, customer and ERP numbers go here.</p>}
          <ul className="change-list">
            {part.aliases.map((text) => (
              <li key={text} className="row">
                <span className="mono grow">{text}</span>
                <button
                  type="button"
                  className="icon-button"
                  aria-label={`Remove alias ${text}`}
                  onClick={() => act.mutate({ kind: "remove", text })}
                >
                  <Icon name="close" size={14} />
                </button>
              </li>
            ))}
          </ul>
        </div>
        <form
          className="row"
          style={{ alignItems: "flex-end" }}
          onSubmit={(event) => {
            event.preventDefault();
            act.mutate({ kind: "add", text: alias.trim() });
          }}
        >
          <TextInput
            className="grow"
            label="New alias"
            classNames={{ input: "mono" }}
            value={alias}
            onChange={(event) => setAlias(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" disabled={!alias.trim()} loading={act.isPending}>
            Add alias
          </Button>
        </form>
        {act.isError && <Notice tone="bad">{sentence(act.error)}</Notice>}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Close
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
