import { Checkbox, NativeSelect, NumberInput, TagsInput, TextInput } from "@mantine/core";
import type { KindField } from "../../api/types";
import { numberText, words } from "../../ui/format";

type Props = {
  field: KindField;
  /** Shown above the field; absent where a label stands beside it already. */
  label?: string;
  value: unknown;
  onChange: (value: unknown) => void;
  autoFocus?: boolean;
};

/** The input that fits an attribute's type. Calls back with the API's own shape, null for nothing. */
export function AttributeInput(props: Props) {
  const { field, value, onChange } = props;
  const naming = {
    ...(props.label ? { label: props.label } : { "aria-label": field.title }),
    ...(props.autoFocus ? { "data-autofocus": true, autoFocus: true } : {}),
  };
  const size = "xs" as const;
  switch (field.type) {
    case "boolean":
      return (
        <Checkbox
          {...naming}
          size={size}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "integer":
      return (
        <NumberInput
          {...naming}
          size={size}
          allowDecimal={false}
          value={typeof value === "number" ? value : ""}
          onChange={(next) => onChange(typeof next === "number" ? next : null)}
        />
      );
    case "choice":
    case "unit":
      return (
        <NativeSelect
          {...naming}
          size={size}
          value={typeof value === "string" ? value : ""}
          data={[{ value: "", label: "–" }, ...choices(field)]}
          onChange={(event) => onChange(event.currentTarget.value || null)}
        />
      );
    case "quantity":
      return <MeasureInput {...props} unitName="unit" units={field.units} />;
    case "money":
      return <MeasureInput {...props} unitName="currency" units={["EUR", "USD", "GBP", "CHF", "JPY", "CNY"]} />;
    case "tags":
      return (
        <TagsInput
          {...naming}
          size={size}
          value={Array.isArray(value) ? value : []}
          onChange={(tags) => onChange(tags)}
        />
      );
    case "text":
      return (
        <TextInput
          {...naming}
          size={size}
          value={typeof value === "string" ? value : ""}
          onChange={(event) => onChange(event.currentTarget.value || null)}
        />
      );
  }
}

const choices = (field: KindField) =>
  field.type === "unit"
    ? field.units.map((unit) => ({ value: unit, label: unit }))
    : field.choices.map((choice) => ({ value: choice, label: words(choice) }));

type MeasureProps = Props & { unitName: "unit" | "currency"; units: string[] };

function MeasureInput({ field, label, value, onChange, autoFocus, unitName, units }: MeasureProps) {
  const current = (value ?? {}) as Record<string, unknown>;
  const unit = typeof current[unitName] === "string" ? (current[unitName] as string) : preferred(field, units);
  const known = units.includes(unit) ? units : [unit, ...units];
  const text = numberText(current.value);
  const set = (next: Record<string, unknown>) => {
    const merged: Record<string, unknown> = { value: current.value ?? "", [unitName]: unit, ...next };
    onChange(numberText(merged.value).trim() ? merged : null);
  };
  return (
    <div className="row measure-input">
      <TextInput
        className="grow"
        size="xs"
        inputMode="decimal"
        {...(label ? { label } : { "aria-label": field.title })}
        {...(autoFocus ? { autoFocus: true } : {})}
        value={text}
        onChange={(event) => set({ value: { typed: event.currentTarget.value } })}
      />
      <NativeSelect
        size="xs"
        aria-label={`${field.title}: ${unitName}`}
        value={unit}
        data={known}
        onChange={(event) => set({ [unitName]: event.currentTarget.value })}
      />
    </div>
  );
}

const preferred = (field: KindField, units: string[]): string =>
  field.dimension === "mass" && units.includes("kg") ? "kg" : (units[0] ?? "");
