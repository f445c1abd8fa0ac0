import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { sentence } from "../api/problem";
import { Icon } from "./Icon";

export function toastDone(message: string) {
  notifications.show({ message, color: "teal", icon: <Icon name="check" />, autoClose: 4000 });
}

export function toastError(error: unknown, title = "Not saved") {
  notifications.show({ title, message: sentence(error), color: "red", icon: <Icon name="warn" />, autoClose: 9000 });
}

export function toastUndo(message: string, undo: () => void) {
  const id = crypto.randomUUID();
  const click = () => {
    notifications.hide(id);
    undo();
  };
  notifications.show({
    id,
    autoClose: 12_000,
    color: "gray",
    icon: <Icon name="trash" />,
    message: (
      <div className="row">
        <span className="grow">{message}</span>
        <Button size="compact-xs" variant="light" leftSection={<Icon name="undo" size={14} />} onClick={click}>
          Undo
        </Button>
      </div>
    ),
  });
}
