import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { slug } from 'github-slugger';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { METRICS, type MetricDeclaration } from '#platform/telemetry';
import { temporaryFolder } from '@plinth/testkit/closing';
import { programsOnPath } from '@plinth/testkit/services/programs';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const DASHBOARDS = readdirSync(join(ROOT, 'deploy/grafana/dashboards'));

interface Target {
  readonly expr: string;
  readonly legendFormat?: string;
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly { readonly title: string; readonly targets: readonly Target[] }[];
}

const dashboards = DASHBOARDS.map(
  (name) => JSON.parse(read(`deploy/grafana/dashboards/${name}`)) as Dashboard,
);
const rules = read('deploy/prometheus/alerts.yml');

/** All series that Prometheus has, and their labels: those of the catalogue, and those that rules record. */
const series = new Map<string, readonly string[]>([
  ...Object.values<MetricDeclaration>(METRICS).flatMap(({ name, kind, labels }) =>
    kind === 'histogram'
      ? (['_bucket', '_count', '_sum'] as const).map(
          (end) => [name + end, [...labels, ...(end === '_bucket' ? ['le'] : [])]] as const,
        )
      : [[name, labels] as const],
  ),
  ...[...rules.matchAll(/- record: (\S+)\n\s+expr: (?:>-\n\s+)?\w+ by \(([^)]*)\)/g)].map(
    ([, name = '', labels = '']) => [name, labels.split(', ')] as const,
  ),
  ['up', []],
]);
/** Throws with what it says where it finds a fault. */
function promtool(...words: readonly string[]): string {
  const [program = ''] = programsOnPath('promtool');
  return execFileSync(program, words, { cwd: ROOT, encoding: 'utf8' });
}

/** What Prometheus itself puts on each series. */
const SCRAPED = ['job', 'instance'];

/** What an expression names that there is not. */
function unknownIn({ expr, legendFormat = '' }: Target): string[] {
  const names = expr.match(/\b(?:plinth_\w+|plinth:[\w:]+|up\b)/g) ?? [];
  const known = names.flatMap((name) => series.get(name) ?? []);
  const selected = [...expr.matchAll(/([\w:]+)\{([^}]*)\}/g)].flatMap(([, name = '', inner = '']) =>
    [...inner.matchAll(/(\w+)\s*[=!]~?"/g)]
      .map(([, label = '']) => label)
      .filter((label) => ![...(series.get(name) ?? []), ...SCRAPED].includes(label))
      .map((label) => `${name}{${label}}`),
  );
  const grouped = [
    ...[...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, inner = '']) => inner.split(/,\s*/)),
    ...[...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label),
  ];
  return [
    ...names.filter((name) => !series.has(name)),
    ...selected,
    ...grouped.filter((label) => ![...known, ...SCRAPED].includes(label)),
  ];
}

describe('a dashboard', () => {
  test.each(dashboards.map((one) => [one.title, one] as const))('%s shows what there is', (_, { panels }) => {
    for (const { title, targets } of panels) expect([title, ...targets.flatMap(unknownIn)]).toEqual([title]);
  });

  test('shows each metric, one of them at least', () => {
    const shown = JSON.stringify(dashboards);
    const forgotten = Object.values(METRICS).filter(({ name }) => !new RegExp(`\\b${name}(?!s)`).test(shown));
    expect(forgotten.map(({ name }) => name)).toEqual([]);
  });

  test('has a file of its name', () => {
    expect(dashboards.map(({ uid }) => `${uid}.json`)).toEqual(DASHBOARDS);
  });
});

describe('an alert', () => {
  const alerts = rules
    .split(/^ {6}- alert: /m)
    .slice(1)
    .map((text) => ({
      name: /^\w+/.exec(text)?.[0] ?? '',
      expr: /^ {8}expr: '(.*)'$/m.exec(text)?.[1]?.replaceAll("''", "'") ?? '',
      summary: /^ {10}summary: '(.*)'$/m.exec(text)?.[1] ?? '',
      runbook: /^ {10}runbook: docs\/runbook\.md#(\S+)$/m.exec(text)?.[1],
    }));

  test('asks for what there is, and says it', () => {
    expect(alerts.length).toBeGreaterThan(30);
    for (const { name, expr, summary } of alerts) {
      expect(expr).not.toBe('');
      const legendFormat = summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, '{{$1}}');
      expect([name, ...unknownIn({ expr, legendFormat })]).toEqual([name]);
    }
  });

  test('has lines in the runbook, and each of those has an alert', () => {
    const told =
      read('docs/runbook.md')
        .split('\n## Alerts\n')[1]
        ?.match(/^### \w+$/gm) ?? [];
    const headings = told.map((heading) => slug(heading.slice(4)));
    expect(alerts.map(({ runbook }) => runbook)).toEqual(headings);
  });

  test('is one that Prometheus takes; spend that is unusual alerts, usual spend does not', ({ skip }) => {
    if (programsOnPath('promtool').length === 0)
      return skip(
        'there is no promtool on PATH (Debian: apt-get install --no-install-recommends prometheus)',
      );
    expect(promtool('check', 'rules', 'deploy/prometheus/alerts.yml')).toContain('SUCCESS');
    promtool('check', 'config', '--syntax-only', 'deploy/prometheus/prometheus.yml');
    promtool('test', 'rules', 'test/deploy/alerts.test.yml');
  });
});

const isAlert = (rule: Readonly<Record<string, string>>) => rule['alert'] !== undefined;

describe('what Google’s cloud watches', () => {
  const google = JSON.parse(read('deploy/opentofu/monitoring.json')) as {
    readonly alerts: Readonly<Record<string, { readonly query: string; readonly documentation: string }>>;
    readonly dashboards: Readonly<Record<string, object>>;
  };
  const { groups } = parse(rules) as {
    readonly groups: readonly { readonly name: string; readonly rules: readonly Record<string, string>[] }[];
  };

  test('is each alert and each panel, of metrics that there are and none that a rule records', () => {
    const names = groups.flatMap(({ rules: all }) => all.filter(isAlert).map(({ alert }) => alert));
    expect(Object.keys(google.alerts)).toEqual(names);
    expect(Object.keys(google.dashboards)).toEqual(dashboards.map(({ uid }) => uid));
    const shown = JSON.stringify(google.dashboards);
    const panels = dashboards.flatMap((one) => one.panels);
    expect(shown.match(/"widget":/g)).toHaveLength(panels.length);
    const queries = [...shown.matchAll(/"prometheusQuery":("(?:[^"\\]|\\.)*")/g)].map(
      ([, query = '']) => JSON.parse(query) as string,
    );
    expect(queries.length).toBe(panels.flatMap(({ targets }) => targets).length);
    const asked = [
      ...queries.map((expr) => ({ expr })),
      ...Object.values(google.alerts).map(({ query, documentation }) => ({
        expr: query,
        legendFormat: documentation.replaceAll(/\$\{metric_or_resource\.label\.(\w+)\}/g, '{{$1}}'),
      })),
    ];
    expect(asked.flatMap(unknownIn)).toEqual([]);
    expect(asked.filter(({ expr }) => /plinth:|\$job|\$__/.test(expr))).toEqual([]);
    expect(Object.values(google.alerts).filter(({ documentation }) => documentation.includes('{{'))).toEqual(
      [],
    );
  });

  test('alerts as Prometheus does', ({ skip }) => {
    if (programsOnPath('promtool').length === 0) return skip('there is no promtool on PATH');
    const folder = temporaryFolder();
    const asked = groups.map(({ name, rules: all }) => ({
      name,
      rules: all
        .filter(isAlert)
        .map((rule) => ({ ...rule, expr: google.alerts[rule['alert'] ?? '']?.query ?? '' })),
    }));
    writeFileSync(join(folder, 'alerts.yml'), JSON.stringify({ groups: asked }));
    const tried = read('test/deploy/alerts.test.yml').replace(
      '../../deploy/prometheus/alerts.yml',
      'alerts.yml',
    );
    writeFileSync(join(folder, 'test.yml'), tried);
    promtool('test', 'rules', join(folder, 'test.yml'));
  });
});
