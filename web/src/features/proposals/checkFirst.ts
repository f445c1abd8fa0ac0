/** What is to be checked stands first; else the order of the file. */
export const checkFirst = <Row extends { confirmed?: boolean }>(rows: Row[]): Row[] => [
  ...rows.filter((row) => !row.confirmed),
  ...rows.filter((row) => row.confirmed),
];
