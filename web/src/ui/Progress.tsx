/** A bar of 0..1; null = going on, nobody knows how far. */
export function Progress({ share, label }: { share: number | null; label: string }) {
  const percent = share === null ? null : Math.round(share * 100);
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === null ? {} : { "aria-valuenow": percent })}
    >
      <div
        className={percent === null ? "progress-bar unknown" : "progress-bar"}
        style={percent === null ? {} : { width: `${percent}%` }}
      />
    </div>
  );
}
