import { Button } from "@mantine/core";

type Props = { readings: string[]; take: (reading: string) => void };

/** The numbers that may have been meant by what was typed: the person chooses one. Nothing where there is no question. */
export function Readings({ readings, take }: Props) {
  if (readings.length === 0) return null;
  return (
    <div className="row">
      <span>Meant is</span>
      {readings.map((reading) => (
        <Button key={reading} type="button" size="compact-xs" variant="default" onClick={() => take(reading)}>
          {reading}
        </Button>
      ))}
    </div>
  );
}
