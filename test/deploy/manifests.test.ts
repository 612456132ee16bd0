import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '@plinth/testkit/services';
import { expect, test } from 'vitest';
import { ROOT } from '@plinth/testkit/house/source';
import { DEPLOY, manifests, type Parsed, read, tofuFiles } from './processes.ts';

/** Kinds of others than Kubernetes itself, which no types are here for. */
const FOREIGN = ['BackendConfig', 'Kustomization', 'ManagedCertificate', 'ScaledObject'];

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
