/**
 * The dashboards of deploy/grafana and the alerts of deploy/prometheus as Google's Cloud Monitoring takes them, for deploy/opentofu/watching.tf.
 * Queries stay PromQL. Google has no recording rules outside of GKE: a recorded series is written out where it is asked for.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const GRAFANA = join(DEPLOY, 'grafana/dashboards');

interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: 'page' | 'ticket' };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

interface Panel {
  readonly title: string;
  readonly type: 'stat' | 'timeseries';
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  readonly fieldConfig: {
    readonly defaults: {
      readonly unit?: string;
      readonly custom?: { readonly stacking?: { readonly mode: string } };
      readonly thresholds?: {
        readonly steps: readonly { readonly color: string; readonly value: number | null }[];
      };
    };
  };
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

const { groups } = parse(readFileSync(join(DEPLOY, 'prometheus/alerts.yml'), 'utf8')) as {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly (AlertingRule | RecordingRule)[];
  }[];
};
/** The later ones name the earlier ones. */
const recorded = groups.flatMap(({ rules }) => rules.filter((rule) => 'record' in rule)).toReversed();

/** `a:b offset 1d` has the offset behind each range that the rule of `a:b` looks at. */
function writtenOut(expr: string): string {
  return recorded.reduce(
    (text, rule) =>
      text.replaceAll(new RegExp(`${rule.record}(?: offset (\\w+))?`, 'g'), (_, offset?: string) =>
        offset === undefined
          ? `(${rule.expr})`
          : `(${rule.expr.replaceAll(/\[\w+\]/g, (range) => `${range} offset ${offset}`)})`,
      ),
    expr,
  );
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };
const seconds = (text: string) => `${Number.parseInt(text, 10) * (SECONDS[text.slice(-1)] ?? 1)}s`;

/** As `gcloud monitoring policies migrate` translates variables; of a value that Prometheus would make readable the figure stays. */
const sentence = (summary: string) =>
  summary
    .replaceAll('${{', 'US$ {{')
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, '${metric_or_resource.label.$1}')
    .replaceAll(/\{\{ \$value[^}]*\}\}/g, '${metric.label.value}');

const alerts = groups.flatMap(({ name, rules }) =>
  rules
    .filter((rule) => 'alert' in rule)
    .map(
      (rule) =>
        [
          rule.alert,
          {
            group: name,
            severity: rule.labels.severity === 'page' ? 'CRITICAL' : 'WARNING',
            query: writtenOut(rule.expr),
            duration: seconds(rule.for ?? '0s'),
            documentation: `${sentence(rule.annotations.summary)}\n\n${rule.annotations.runbook}`,
          },
        ] as const,
    ),
);

const UNITS: Readonly<Record<string, string>> = {
  s: 's',
  bytes: 'By',
  percentunit: '10^2.%',
  reqps: '1/s',
  ops: '1/s',
  currencyUSD: '{USD}',
};
const COLORS: Readonly<Record<string, string>> = { orange: 'YELLOW', red: 'RED' };

/** The choice of a job is Grafana's: at Google all processes of the project are looked at. */
function queryOf(expr: string, unit = ''): object {
  const everyJob = expr.replaceAll(/job=~"\$job"(?:, )?/g, '').replaceAll('{}', '');
  const prometheusQuery = writtenOut(everyJob).replaceAll('$__rate_interval', '${__interval}');
  return { prometheusQuery, ...(UNITS[unit] === undefined ? {} : { unitOverride: UNITS[unit] }) };
}

function widgetOf({ title, type, targets, fieldConfig: { defaults } }: Panel): object {
  const [first] = targets;
  if (type === 'stat' && first !== undefined) {
    const thresholds = (defaults.thresholds?.steps ?? []).flatMap(({ color, value }) =>
      value === null || COLORS[color] === undefined
        ? []
        : [{ value, color: COLORS[color], direction: 'ABOVE' }],
    );
    return { title, scorecard: { timeSeriesQuery: queryOf(first.expr, defaults.unit), thresholds } };
  }
  const dataSets = targets.map(({ expr, legendFormat }) => ({
    timeSeriesQuery: queryOf(expr, defaults.unit),
    plotType: defaults.custom?.stacking === undefined ? 'LINE' : 'STACKED_AREA',
    legendTemplate: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, '${labels.$1}'),
  }));
  return { title, xyChart: { dataSets } };
}

function dashboardOf({ title, panels }: Dashboard): string {
  const tiles = panels.map((panel) => {
    const { x, y, w, h } = panel.gridPos;
    return JSON.stringify({ xPos: x, yPos: y, width: w, height: h, widget: widgetOf(panel) });
  });
  return `{"displayName": ${JSON.stringify(title)}, "mosaicLayout": {"columns": 24, "tiles": [\n${tiles.join(',\n')}\n]}}`;
}

/** A line for each alert and each panel. */
export function googleMonitoring(): string {
  const dashboards = readdirSync(GRAFANA).map((name) => {
    const dashboard = JSON.parse(readFileSync(join(GRAFANA, name), 'utf8')) as Dashboard;
    return `"${dashboard.uid}": ${dashboardOf(dashboard)}`;
  });
  const lines = alerts.map(([name, alert]) => `"${name}": ${JSON.stringify(alert)}`);
  return `{"alerts": {\n${lines.join(',\n')}\n},\n"dashboards": {\n${dashboards.join(',\n')}\n}}\n`;
}
