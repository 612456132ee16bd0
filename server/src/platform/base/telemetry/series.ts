import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { MetricDeclaration } from './catalogue.ts';

/** Upper bounds in seconds: from an answer out of memory to a long generation. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
/** Series of one metric; further ones count together, in case a label turns out not to be bounded. As many as OpenTelemetry has. */
const MOST = 2_000;

/** The reader of metrics says when: the text has no times. */
const NO_TIME: HrTime = [0, 0];

type Label = string | number;
/** Counts a value in the series of these labels, in the order in which the metric declares them. */
export type Count = (value: number, ...labels: readonly Label[]) => void;

interface Point {
  /** For a counter and a histogram all values together, for a gauge the last one. */
  value: number;
  count: number;
  readonly buckets: number[];
}

interface Branch {
  readonly next: Map<Label, Branch>;
  point?: Point;
}

/** Metrics that calls count. */
export interface SeriesSet {
  counter(declaration: MetricDeclaration): Count;
  gauge(declaration: MetricDeclaration): Count;
  histogram(declaration: MetricDeclaration): Count;
  /** All that was counted so far. */
  collect(): MetricData[];
}

/**
 * Series that are found by their labels as they come. OpenTelemetry's own instruments make a string of all labels with each value, to
 * find the series by it, which was 2 to 3 % of an authenticated call; its data model and its serializer stay.
 */
export function createSeriesSet(): SeriesSet {
  const collecting: (() => MetricData)[] = [];

  function family(declaration: MetricDeclaration, update: (point: Point, value: number) => void): Count {
    const { name, help, kind, labels } = declaration;
    const root: Branch = { next: new Map() };
    const points: { readonly attributes: Attributes; readonly point: Point }[] = [];
    let others: Point | undefined;

    function add(values: readonly Label[]): Point {
      const attributes = Object.fromEntries(labels.map((label, at) => [label, String(values[at] ?? '')]));
      const point = {
        value: 0,
        count: 0,
        buckets: kind === 'histogram' ? BOUNDS.map(() => 0).concat(0) : [],
      };
      points.push({ attributes, point });
      return point;
    }

    function pointOf(values: readonly Label[]): Point {
      let branch = root;
      for (const value of values) {
        const next = branch.next.get(value);
        if (next === undefined) return newPoint(values);
        branch = next;
      }
      return (branch.point ??= add(values));
    }

    function newPoint(values: readonly Label[]): Point {
      if (points.length >= MOST) return (others ??= add(labels.map(() => 'other')));
      let branch = root;
      for (const value of values) {
        const next = branch.next.get(value) ?? { next: new Map() };
        branch.next.set(value, next);
        branch = next;
      }
      return (branch.point = add(values));
    }

    collecting.push(() => {
      const common = {
        descriptor: { name, description: help, unit: '', valueType: ValueType.DOUBLE },
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
      };
      const each = points.map(({ attributes, point }) => ({
        startTime: NO_TIME,
        endTime: NO_TIME,
        attributes,
        point,
      }));
      if (kind === 'histogram')
        return {
          ...common,
          dataPointType: DataPointType.HISTOGRAM,
          dataPoints: each.map(({ point: { value, count, buckets }, ...at }) => ({
            ...at,
            value: { count, sum: value, buckets: { boundaries: BOUNDS, counts: [...buckets] } },
          })),
        };
      const dataPoints = each.map(({ point, ...at }) => ({ ...at, value: point.value }));
      return kind === 'counter'
        ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
        : { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
    });
    return (value, ...values) => update(pointOf(values), value);
  }

  return {
    counter: (declaration) => family(declaration, (point, value) => void (point.value += value)),
    gauge: (declaration) => family(declaration, (point, value) => void (point.value = value)),
    histogram: (declaration) => family(declaration, record),
    collect() {
      return collecting.map((collect) => collect()).filter(({ dataPoints }) => dataPoints.length > 0);
    },
  };
}

function record(point: Point, value: number): void {
  let bucket = 0;
  while (bucket < BOUNDS.length && value > (BOUNDS[bucket] ?? 0)) bucket += 1;
  point.value += value;
  point.count += 1;
  point.buckets[bucket] = (point.buckets[bucket] ?? 0) + 1;
}
