import { openStream, type StreamMessage } from "./stream";

/** One event stream for all tabs: HTTP/1.1 allows six connections per host. */
const ports = new Set<MessagePort>();
let close: (() => void) | undefined;

function tellAll(message: StreamMessage) {
  for (const port of ports) port.postMessage(message);
}

function leave(port: MessagePort) {
  ports.delete(port);
  if (ports.size === 0) {
    close?.();
    close = undefined;
  }
}

(self as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = (event) => {
  const [port] = event.ports;
  if (!port) return;
  ports.add(port);
  port.onmessage = ({ data }) => data === "leave" && leave(port);
  port.start();
  close ??= openStream(tellAll);
};
