import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '@plinth/testkit/services';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ROOT } from '@plinth/testkit/house/source';
import { DEPLOY, deployedProcesses, manifests, type Parsed, read, tofuFiles } from './processes.ts';

/** Kinds of others than Kubernetes itself, which no types are here for. */
const FOREIGN = ['BackendConfig', 'Kustomization', 'ManagedCertificate', 'PodMonitoring', 'ScaledObject'];

/** Where kubernetes-types has an API: `networking.k8s.io/v1` is networking/v1. */
const moduleOf = (apiVersion: string) =>
  apiVersion === 'v1' ? 'core/v1' : apiVersion.replace('.k8s.io', '');

test('manifests have the fields that Kubernetes knows, and no other', { timeout: 60_000 }, async () => {
  const own = manifests('kubernetes').filter(([, { kind }]) => !FOREIGN.includes(kind));
  // Types refuse a field that they do not know where a value is written down, as it is in a program.
  const lines = own.map(([, { apiVersion, kind, ...rest }], at) => {
    const type = `import('${join(ROOT, 'node_modules/kubernetes-types', moduleOf(apiVersion))}').${kind}`;
    return `export const document${at}: ${type} = ${JSON.stringify({ apiVersion, kind, ...rest })};`;
  });
  const file = join(temporaryFolder(), 'manifests.ts');
  writeFileSync(file, lines.join('\n'));
  const words = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'esnext',
    '--moduleResolution',
    'bundler',
    file,
  ];
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const said = await promisify(execFile)(process.execPath, [compiler, ...words]).then(
    () => '',
    ({ stdout }: { readonly stdout: string }) => stdout,
  );
  expect(own.length).toBeGreaterThan(15);
  expect(said).toBe('');
});

test('what manifests name of each other is there', () => {
  const all = manifests('kubernetes');
  const names = (kind: string) =>
    all.filter(([, one]) => one.kind === kind).map(([, { metadata }]) => metadata.name);
  const kustomization: Parsed = all.find(([, { kind }]) => kind === 'Kustomization')?.[1];
  expect(
    kustomization.resources.filter((name: string) => !existsSync(join(DEPLOY, 'kubernetes', name))),
  ).toEqual([]);
  const pods = all
    .filter(([, { kind }]) => kind === 'Deployment' || kind === 'Job')
    .map(([, { spec }]) => spec.template);
  expect(new Set(pods.map(({ spec }) => spec.serviceAccountName))).toEqual(new Set(names('ServiceAccount')));
  const labels = pods.map(({ metadata }) => metadata.labels.app);
  for (const [, { kind, spec }] of all) {
    if (['PodDisruptionBudget'].includes(kind)) expect(labels).toContain(spec.selector.matchLabels.app);
    if (kind === 'Service') expect(labels).toContain(spec.selector.app);
    if (['HorizontalPodAutoscaler', 'ScaledObject'].includes(kind))
      expect(names('Deployment')).toContain(spec.scaleTargetRef.name);
  }
  // Each pod's secrets are among the shapes, and every policy is for pods that there are.
  const secrets = pods.flatMap(({ spec }) =>
    spec.volumes.flatMap(({ projected }: Parsed) => projected?.sources ?? []),
  );
  for (const { secret } of secrets) expect(names('Secret')).toContain(secret.name);
  // What autoscaling asks for is a metric.
  const asked = read('deploy/kubernetes/scaling.yaml').match(/\bplinth_\w+/g) ?? [];
  expect(asked.filter((name) => !read('docs/generated/metrics.md').includes(`\`${name}\``))).toEqual([]);
});

const files = new Map(await tofuFiles());
const blocks = (kind: string): Parsed[] => [...files.values()].flatMap((content) => content[kind] ?? []);

/** `type.name` of all that is declared. */
function declared(): Set<string> {
  const found = new Set<string>();
  for (const block of blocks('resource'))
    for (const [type, named] of Object.entries<object>(block))
      for (const name of Object.keys(named)) found.add(`${type}.${name}`);
  for (const [kind, as] of [
    ['variable', 'var'],
    ['output', 'output'],
  ] as const)
    for (const block of blocks(kind)) for (const name of Object.keys(block)) found.add(`${as}.${name}`);
  for (const block of blocks('locals')) for (const name of Object.keys(block)) found.add(`local.${name}`);
  return found;
}

test('HCL is read, and each reference leads to what is declared', () => {
  const there = declared();
  const text = JSON.stringify([...files.values()]);
  const named = [...text.matchAll(/\b((?:google|random)_\w+|var|local)\.([a-z_]\w*)/g)].map(([all]) => all);
  expect(named.length).toBeGreaterThan(100);
  expect([...new Set(named)].filter((name) => !there.has(name))).toEqual([]);
  // Nothing is declared in vain.
  const used = new Set(named);
  expect([...there].filter((name) => /^(var|local)\./.test(name) && !used.has(name))).toEqual([]);
  const given = Object.keys(files.get('example.tfvars'));
  const needed = blocks('variable').flatMap((block) =>
    Object.entries<Parsed>(block).flatMap(([name, [one]]) => (one.default === undefined ? [name] : [])),
  );
  expect(needed.filter((name) => !given.includes(name))).toEqual([]);
  expect(given.filter((name) => !there.has(`var.${name}`))).toEqual([]);
});

test('collectors scrape the port of metrics of each process, under names that alerts look for', () => {
  // Each field that the schema of PodMonitoring demands or RunMonitoring reads; a further one would be refused.
  const Endpoint = z.strictObject({
    port: z.string().max(253),
    path: z.literal('/metrics'),
    interval: z.string().regex(/^\d+[sm]$/),
  });
  const PodMonitoring = z.strictObject({
    apiVersion: z.literal('monitoring.googleapis.com/v1'),
    kind: z.literal('PodMonitoring'),
    metadata: z.strictObject({ name: z.string().regex(/^plinth-/) }),
    spec: z.strictObject({
      selector: z.strictObject({ matchLabels: z.strictObject({ app: z.string() }) }),
      endpoints: z.tuple([Endpoint]),
    }),
  });
  const RunMonitoring = PodMonitoring.extend({
    apiVersion: z.literal('monitoring.googleapis.com/v1beta'),
    kind: z.literal('RunMonitoring'),
    spec: z.strictObject({ endpoints: z.tuple([Endpoint]) }),
  });
  const pods = manifests('kubernetes');
  const scraped = pods
    .filter(([, { kind }]) => kind === 'PodMonitoring')
    .map(([, one]) => PodMonitoring.parse(one).spec);
  for (const { selector, endpoints } of scraped) {
    const pod = pods.find(
      ([, { kind, metadata }]) => kind === 'Deployment' && metadata.name === selector.matchLabels.app,
    );
    const [container] = pod?.[1].spec.template.spec.containers ?? [];
    expect(container.ports.map(({ name }: Parsed) => name)).toContain(endpoints[0].port);
  }
  expect(scraped).toHaveLength(pods.filter(([, { kind }]) => kind === 'Deployment').length);

  const run = manifests('cloud-run');
  const { spec } = RunMonitoring.parse(run.find(([, { kind }]) => kind === 'RunMonitoring')?.[1]);
  for (const [, service] of run.filter(([, { kind }]) => kind === 'Service')) {
    const [program, collector] = service.spec.template.spec.containers;
    expect(program.env).toContainEqual({ name: 'METRICS_PORT', value: spec.endpoints[0].port });
    const after = service.spec.template.metadata.annotations['run.googleapis.com/container-dependencies'];
    expect(JSON.parse(after)).toEqual({ [collector.name]: [program.name] });
    const volumes = service.spec.template.spec.volumes.map(({ name }: Parsed) => name);
    expect(volumes).toEqual(collector.volumeMounts.map(({ name }: Parsed) => name));
  }
});

const specOf = (kind: string, name: string) =>
  manifests('kubernetes').find(([, one]) => one.kind === kind && one.metadata.name === name)?.[1].spec;

test('as many processes as there may be find connections', async () => {
  const [{ settings }] = files.get('data.tf').resource.google_sql_database_instance.plinth;
  const [{ value }] = settings[0].database_flags;
  const pools = (await deployedProcesses()).map(({ where, words, environment }) => ({
    where,
    words,
    connections: 2 * Number(environment['DATABASE_POOL_SIZE'] ?? 10) + 1,
  }));
  const connectionsOf = (folder: string, verb: string) =>
    pools.find(({ where, words }) => where.startsWith(folder) && words[0] === verb)?.connections ?? NaN;
  const atKubernetes =
    specOf('HorizontalPodAutoscaler', 'plinth-server').maxReplicas * connectionsOf('kubernetes', 'serve') +
    specOf('ScaledObject', 'plinth-worker').maxReplicaCount * connectionsOf('kubernetes', 'worker');
  const [{ services }] = files.get('run.tf').locals;
  const [server = NaN, worker = NaN] = [...JSON.stringify(services).matchAll(/most\s*=\s*(\d+)/g)].map(
    ([, count]) => Number(count),
  );
  const atCloudRun =
    server * connectionsOf('opentofu', 'serve') + worker * connectionsOf('opentofu', 'worker');
  expect(atKubernetes).toBeGreaterThan(atCloudRun);
  // Migrations, a person at psql and what Cloud SQL keeps for itself.
  expect(atKubernetes).toBeLessThanOrEqual(Number(value) - 30);
});

test('no account of the cloud may do everything, and nothing sensitive is written down', () => {
  const text = JSON.stringify([...files.values()]);
  const roles = [...text.matchAll(/"roles\/[\w.]+"/g)].map(([role]) => role);
  expect(roles.length).toBeGreaterThan(4);
  expect(roles.filter((role) => /owner|editor|admin/i.test(role))).toEqual([]);
});

test('the release workflow and release.sh take the same steps, in the same order', () => {
  const script = read('deploy/release.sh');
  const steps = ['check', 'build', 'scan', 'push', 'migrate', 'roll-out', 'smoke', 'roll-back'];
  expect(steps.filter((step) => !new RegExp(`\\b${step.replace('-', '[-_]')}\\b`).test(script))).toEqual([]);
  const workflow = read('.github/workflows/release.yml');
  const order = ['.ci/run', 'load: true', 'trivy-action', 'sbom: true', 'deploy/release.sh cloud-run'];
  const places = order.map((words) => workflow.indexOf(words));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places[0]).toBeGreaterThan(0);
});
