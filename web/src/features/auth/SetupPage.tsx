import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { keys } from "../../api/keys";
import { type SetupForm, setUp } from "../../api/people";
import { isCode, Problem, sentence } from "../../api/problem";
import { Notice } from "../../ui/states";
import { AuthCard } from "./AuthCard";
import { givenToken } from "./setupToken";

type Values = SetupForm & { repeated: string };

const MIN_PASSWORD = 12;

export function SetupPage() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const form = useForm<Values>({
    initialValues: { organisation: "", name: "", email: "", password: "", repeated: "", token: givenToken },
    validate: {
      organisation: (value) => (value.trim() ? null : "Name your organisation"),
      email: (value) => (/^\S+@\S+$/.test(value) ? null : "Enter an e-mail address"),
      password: (value) => (value.length >= MIN_PASSWORD ? null : `Use ${MIN_PASSWORD} characters or more`),
      repeated: (value, all) => (value === all.password ? null : "The two passwords differ"),
      token: (value) => (value.trim() ? null : "Open the address that the program printed, or paste its token"),
    },
  });
  const send = useMutation({
    mutationFn: ({ repeated: _, ...rest }: Values) => setUp(rest),
    onSuccess: async (session) => {
      client.setQueryData(keys.session, session);
      await navigate({ to: "/parts" });
    },
    onError: (error) => {
      if (error instanceof Problem) form.setErrors(error.fields);
      if (isCode(error, "already_set_up")) void navigate({ to: "/sign-in" });
    },
  });

  return (
    <AuthCard title="First start" lead="Create the administrator of this Cascadia. There is no default password.">
      <form className="stack" onSubmit={form.onSubmit((values) => send.mutate(values))} noValidate>
        <TextInput label="Organisation" withAsterisk autoFocus {...form.getInputProps("organisation")} />
        <TextInput label="Your name" autoComplete="name" {...form.getInputProps("name")} />
        <TextInput label="E-mail" type="email" autoComplete="username" withAsterisk {...form.getInputProps("email")} />
        <PasswordInput
          label="Password"
          description={`At least ${MIN_PASSWORD} characters`}
          autoComplete="new-password"
          withAsterisk
          {...form.getInputProps("password")}
        />
        <PasswordInput
          label="Password again"
          autoComplete="new-password"
          withAsterisk
          {...form.getInputProps("repeated")}
        />
        {(!givenToken || form.errors.token) && (
          <TextInput
            label="Set-up token"
            description="In the address that the program printed when it was started, and in its log"
            autoComplete="off"
            withAsterisk
            {...form.getInputProps("token")}
          />
        )}
        {send.isError && <Notice tone="bad">{sentence(send.error)}</Notice>}
        <Button type="submit" size="sm" loading={send.isPending}>
          Create administrator
        </Button>
      </form>
    </AuthCard>
  );
}
