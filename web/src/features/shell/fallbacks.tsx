import { Button } from "@mantine/core";
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { Empty, ErrorState } from "../../ui/states";

export function NotFound() {
  return (
    <main className="page">
      <Empty
        whole
        icon="search"
        title="Nothing is here"
        action={
          <Button component={Link} to="/parts" variant="default">
            Go to parts
          </Button>
        }
      >
        The address may be mistyped, or what it named may not be visible to you.
      </Empty>
    </main>
  );
}

export function PageError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <main className="page">
      <ErrorState error={error} retry={retry} />
    </main>
  );
}
