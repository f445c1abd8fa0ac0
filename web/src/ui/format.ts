import type { Measure } from "../api/types";

const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const DATE_TIME = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

const formatDate = (time: string): string => DATE.format(new Date(time));
export const formatTime = (time: string): string => DATE_TIME.format(new Date(time));

const STEPS: [limit: number, seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, "second"],
  [3600, 60, "minute"],
  [86_400, 3600, "hour"],
  [7 * 86_400, 86_400, "day"],
];
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** "2 minutes ago" within a week, else the date. */
export function formatAgo(time: string, now = Date.now()): string {
  const seconds = Math.round((now - Date.parse(time)) / 1000);
  const step = STEPS.find(([limit]) => Math.abs(seconds) < limit);
  return step ? RELATIVE.format(-Math.trunc(seconds / step[1]), step[2]) : formatDate(time);
}

/** A canonical decimal string with grouped thousands; no digit is lost, as none passes through a float. */
export function formatDecimal(value: string): string {
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(value);
  if (!match) return value;
  const [, sign = "", whole = "", fraction = ""] = match;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return `${sign === "-" ? "\u2212" : ""}${grouped}${fraction}`;
}

/** The decimal rounded half up to so many significant places, for columns that compare sizes. */
export function roundDecimal(value: string, digits: number): string {
  const number = Number(value);
  if (!Number.isFinite(number)) return value;
  if (number === 0) return /[1-9]/.test(value) ? value : "0";
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(number))));
  const rounded = number.toFixed(Math.min(places, 100));
  return rounded.includes(".") ? rounded.replace(/\.?0+$/, "") : rounded;
}

const UNIT_SIGNS: Record<string, string> = {
  mm2: "mm²",
  cm2: "cm²",
  m2: "m²",
  mm3: "mm³",
  cm3: "cm³",
  m3: "m³",
  "[in_i]": "in",
  "[ft_i]": "ft",
  "[lb_av]": "lb",
  "[oz_av]": "oz",
};

/** A UCUM code as people write it. */
const formatUnit = (unit: string): string => UNIT_SIGNS[unit] ?? unit;

export function formatMeasure(measure: Measure | string | null | undefined, digits = 4): string {
  if (!measure) return "";
  if (typeof measure === "string") return formatDecimal(roundDecimal(measure, digits));
  return `${formatDecimal(roundDecimal(measure.value, digits))} ${formatUnit(measure.unit)}`;
}

const SIZES = ["B", "kB", "MB", "GB", "TB"];

export function formatSize(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (value >= 1000 && step < SIZES.length - 1) {
    value /= 1000;
    step += 1;
  }
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${SIZES[step]}`;
}

/** "not_for_new_design" → "Not for new design". */
export function words(code: string): string {
  const text = code.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function plural(count: number | string, one: string, many = `${one}s`): string {
  return `${typeof count === "number" ? formatDecimal(String(count)) : formatDecimal(count)} ${String(count) === "1" ? one : many}`;
}

/** Any attribute's or changed field's value in one line of text. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined || value === "") return "\u2013";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.length ? value.map(formatValue).join(", ") : "\u2013";
  if (typeof value === "object") return formatObject(value as Record<string, unknown>);
  return String(value);
}

/** A number as it stands in its field: the API's own, or what was typed. */
export const numberText = (value: unknown): string =>
  typeof value === "object" && value !== null && "typed" in value ? String(value.typed) : String(value ?? "");

function formatObject(value: Record<string, unknown>): string {
  if ("value" in value && ("unit" in value || "currency" in value)) {
    return `${formatDecimal(numberText(value.value))} ${formatUnit(String(value.unit ?? value.currency))}`;
  }
  if ("label" in value) return value.restricted ? "restricted" : String(value.label);
  if ("number" in value) return String(value.number);
  if ("name" in value) return String(value.name);
  const entries = Object.entries(value);
  return entries.length
    ? entries.map(([key, inner]) => (isEmpty(inner) ? key : `${key}: ${formatValue(inner)}`)).join(", ")
    : "\u2013";
}

const isEmpty = (value: unknown) =>
  value === null || (typeof value === "object" && Object.keys(value as object).length === 0);
