import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { keys } from "../../api/keys";
import { signIn } from "../../api/people";
import { sentence } from "../../api/problem";
import { Notice } from "../../ui/states";
import { AuthCard } from "./AuthCard";

/** Only an address of this program: a link from elsewhere must not choose where signing in leads. */
export function safeNext(next: string | undefined): string | undefined {
  return next && /^\/(?![/\\])/.test(next) ? next : undefined;
}

export function SignInPage() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  const { next } = useSearch({ strict: false }) as { next?: string };
  const form = useForm({ initialValues: { email: "", password: "" } });
  const send = useMutation({
    mutationFn: ({ email, password }: { email: string; password: string }) => signIn(email, password),
    onSuccess: async (session) => {
      client.setQueryData(keys.session, session);
      const wanted = safeNext(next);
      if (wanted) router.history.push(wanted);
      else await navigate({ to: "/parts" });
    },
  });

  return (
    <AuthCard title="Sign in">
      <form className="stack" onSubmit={form.onSubmit((values) => send.mutate(values))}>
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          required
          autoFocus
          {...form.getInputProps("email")}
        />
        <PasswordInput label="Password" autoComplete="current-password" required {...form.getInputProps("password")} />
        {send.isError && <Notice tone="bad">{sentence(send.error)}</Notice>}
        <Button type="submit" size="sm" loading={send.isPending}>
          Sign in
        </Button>
      </form>
    </AuthCard>
  );
}
