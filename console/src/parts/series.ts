export interface Series {
  readonly key: string;
  readonly label: string;
  /** One for each point. */
  readonly values: readonly number[];
  /** Bars are stacked, the first one lowest, unless they stand beside each other. */
  readonly as?: 'area' | 'bar' | 'beside' | 'line';
  /** A variable of the style sheet; else the next one of the house. */
  readonly color?: string;
}

export interface ChartProps {
  /** The subject of the chart, for screen readers. */
  readonly label: string;
  /** Along the lower edge: days, months, names. */
  readonly points: readonly string[];
  readonly nameOf: (point: string) => string;
  readonly series: readonly Series[];
  readonly amountOf: (value: number) => string;
  /** Leads to the rows of a point. */
  readonly open?: (point: string) => void;
  /** A line beside a figure: without axes, legend and table. */
  readonly isSmall?: boolean;
}

/** The colour of the series at an index: from the sixth on they are alike. */
export const colorOf = (index: number): string => `var(--series-${Math.min(index, 5)})`;
