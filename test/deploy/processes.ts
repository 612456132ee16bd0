import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { ROOT } from '@plinth/testkit/house/source';

export const DEPLOY = join(ROOT, 'deploy');
export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** YAML and HCL as they are parsed, unchecked. */
export type Parsed = ReturnType<typeof parse>;

/** Its types bring those of browsers along, for the whole program. */
const { parse: parseHcl } = createRequire(import.meta.url)('@cdktn/hcl2json') as {
  parse(name: string, text: string): Promise<Parsed>;
};

/** A process of the program as a deployment artefact describes it. */
export interface Deployed {
  /** The file, and what of it. */
  readonly where: string;
  readonly words: readonly string[];
  /** Names of variables; undefined where the value is a secret from elsewhere. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What it listens on. */
  readonly ports: readonly number[];
  /** What a probe asks for: a path, or the words of the verb. */
  readonly probes: readonly string[];
  /** Where something is mounted that it may write to. */
  readonly writes: readonly string[];
  readonly user: string | undefined;
  /** As whom it asks a cloud for anything. */
  readonly account?: string | undefined;
  /** Seconds from SIGTERM to SIGKILL. */
  readonly killedAfter: number | undefined;
}

/** What the image sets, and whose it is. */
export const IMAGE = ((text) => ({
  environment: Object.fromEntries(
    [...(/^ENV (.*)$/m.exec(text.slice(text.indexOf('AS runtime')))?.[1] ?? '').matchAll(/(\w+)=(\S+)/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  ),
  user: /^USER (\S+)$/m.exec(text)?.[1] ?? '',
  port: Number(/^EXPOSE (\d+)$/m.exec(text)?.[1]),
  health: JSON.parse(
    /^HEALTHCHECK[^[]*CMD (\[.*\])$/m.exec(text.replace('\\\n', ''))?.[1] ?? '[]',
  ) as string[],
}))(read('Dockerfile'));

/** All processes of all artefacts. */
export async function deployedProcesses(): Promise<Deployed[]> {
  return [...compose(), ...kubernetes(), ...cloudRun(), ...ecs(), ...systemd(), ...(await opentofu())];
}

const seconds = (text: string | undefined) => (text === undefined ? undefined : Number.parseInt(text, 10));
/** `${NAME:-default}` of compose. */
const withDefaults = (text: string) => text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');
const portOf = (text: string) => Number(text.split(':').at(-1));

function compose(): Deployed[] {
  const { services } = parse(read('deploy/compose.yaml'), { merge: true });
  return Object.entries<Parsed>(services)
    .filter(([, { image }]) => /PLINTH_IMAGE/.test(image))
    .map(([name, service]) => ({
      where: `compose.yaml: ${name}`,
      words: service.command,
      environment: Object.fromEntries(
        Object.entries<string>(service.environment).map(([key, value]) => [key, withDefaults(value)]),
      ),
      ports: (service.ports ?? []).map(portOf),
      probes: service.healthcheck === undefined ? [] : [service.healthcheck.test.at(-1)],
      writes: service.tmpfs ?? [],
      user: service.user,
      killedAfter: seconds(service.stop_grace_period),
    }));
}

/** All documents of the manifests, by file. */
export function manifests(folder: string): readonly (readonly [file: string, document: Parsed])[] {
  return readdirSync(join(DEPLOY, folder))
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) =>
      parseAllDocuments(read(`deploy/${folder}/${name}`)).map(
        (document) => [`${folder}/${name}`, document.toJS()] as const,
      ),
    );
}

const variables = (list: Parsed[] = []) =>
  Object.fromEntries(
    list.map(({ name, value, valueFrom }) => [name, valueFrom === undefined ? value : undefined]),
  );
const probesOf = (container: Parsed): string[] =>
  [container.startupProbe, container.livenessProbe, container.readinessProbe]
    .filter((probe) => probe !== undefined)
    .map((probe) => probe.httpGet.path);

function kubernetes(): Deployed[] {
  const all = manifests('kubernetes');
  const settings = all.find(([, { kind }]) => kind === 'ConfigMap')?.[1].data;
  return all
    .filter(([, { kind }]) => kind === 'Deployment' || kind === 'Job')
    .map(([where, { spec }]) => {
      const pod = spec.template.spec;
      const [container] = pod.containers;
      const secrets: string[] = pod.volumes.flatMap((one: Parsed) =>
        one.projected === undefined ? [] : [one.name],
      );
      return {
        where,
        words: container.args,
        environment: { ...settings, ...variables(container.env) },
        ports: (container.ports ?? []).map((port: Parsed) => port.containerPort),
        probes: probesOf(container),
        writes: container.volumeMounts
          .filter(({ name }: Parsed) => !secrets.includes(name))
          .map(({ mountPath }: Parsed) => mountPath),
        user: `${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`,
        account: pod.serviceAccountName,
        killedAfter: pod.terminationGracePeriodSeconds,
      };
    });
}

/** Seconds that Cloud Run waits, under every setting. */
const CLOUD_RUN = 10;

function cloudRun(): Deployed[] {
  const processes = manifests('cloud-run').filter(([, { kind }]) => kind !== 'RunMonitoring');
  return processes.map(([where, { kind, spec }]) => {
    const pod = kind === 'Job' ? spec.template.spec.template.spec : spec.template.spec;
    const [container] = pod.containers;
    return {
      where,
      words: container.args,
      environment: variables(container.env),
      ports: (container.ports ?? []).map((port: Parsed) => port.containerPort),
      probes: probesOf(container),
      writes: [],
      user: undefined,
      account: pod.serviceAccountName,
      killedAfter: kind === 'Job' ? undefined : CLOUD_RUN,
    };
  });
}

/** Task definitions, as `aws ecs register-task-definition --cli-input-json` takes them. */
export const ecsTasks = (): readonly (readonly [file: string, task: Parsed])[] =>
  readdirSync(join(DEPLOY, 'ecs')).map(
    (name) => [`ecs/${name}`, JSON.parse(read(`deploy/ecs/${name}`))] as const,
  );

function ecs(): Deployed[] {
  return ecsTasks().map(([where, { containerDefinitions, taskRoleArn }]) => {
    const [container] = containerDefinitions;
    return {
      where,
      words: container.command,
      environment: variables([...container.environment, ...container.secrets]),
      ports: (container.portMappings ?? []).map((port: Parsed) => port.containerPort),
      probes: container.healthCheck === undefined ? [] : [container.healthCheck.command.at(-1)],
      writes: [],
      user: container.user,
      account: taskRoleArn,
      killedAfter: container.stopTimeout,
    };
  });
}

/** `NAME=value` lines, as systemd and a shell read them. */
const assignments = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/^([A-Z]\w*)=(?:"(.*)"|(.*))$/gm)].map(([, name = '', quoted, plain]) => [
      name,
      quoted ?? plain ?? '',
    ]),
  );

function systemd(): Deployed[] {
  const units = readdirSync(join(DEPLOY, 'systemd')).filter((name) => name.endsWith('.service'));
  return units.map((name) => {
    const unit = read(`deploy/systemd/${name}`).replaceAll('%i', '6174');
    const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];
    const own = (value('Environment') ?? '').split(' ').join('\n');
    const environment: Record<string, string> = {
      ...assignments(read('deploy/systemd/plinth.env')),
      ...assignments(own),
    };
    return {
      where: `systemd/${name}`,
      words: (value('ExecStart') ?? '').split('server/bin/plinth.js ')[1]?.split(' ') ?? [],
      environment,
      ports: environment['PORT'] === undefined ? [] : [Number(environment['PORT'])],
      probes: [],
      writes: [`/var/lib/${value('StateDirectory')}`, '/tmp'],
      user: value('User'),
      killedAfter: seconds(value('TimeoutStopSec')),
    };
  });
}

/** All files of OpenTofu as one, and each by its name. */
export async function tofuFiles(): Promise<readonly (readonly [file: string, content: Parsed])[]> {
  const names = readdirSync(join(DEPLOY, 'opentofu')).filter((name) => /\.tf(vars)?$/.test(name));
  return Promise.all(
    names.map(
      async (name) =>
        [name, await parseHcl(name.replace('.tfvars', '.tf'), read(`deploy/opentofu/${name}`))] as const,
    ),
  );
}

const words = (expression: unknown): string[] =>
  [...JSON.stringify(expression).matchAll(/\\?"([a-z0-9-]+)\\?"/g)].map(([, word = '']) => word);

async function opentofu(): Promise<Deployed[]> {
  const files = new Map(await tofuFiles());
  const { secrets, all } = files.get('accounts.tf').locals[0];
  const run = files.get('run.tf');
  const [{ settings }] = run.locals;
  const service = run.resource.google_cloud_run_v2_service.role[0].template[0].containers[0];
  const verbs: Readonly<Record<string, string[]>> = {
    server: ['serve'],
    worker: ['worker'],
    migrate: ['migrate', 'up'],
  };
  return Object.entries(verbs).map(([role, words_]) => ({
    where: `opentofu/run.tf: ${role}`,
    words: words_,
    environment: {
      ...Object.fromEntries(
        Object.entries<string>(settings).map(([name, value]) => [
          name,
          value.replaceAll(/\$\{[^}]*\}/g, name === 'MAIL_FROM' ? 'plinth@example.com' : 'example.com'),
        ]),
      ),
      ...Object.fromEntries(
        [...words(all), ...words(secrets[role])].map((name) => [
          name.toUpperCase().replaceAll('-', '_'),
          undefined,
        ]),
      ),
    },
    ports: role === 'migrate' ? [] : service.ports.map((port: Parsed) => port.container_port),
    probes:
      role === 'migrate'
        ? []
        : [...service.startup_probe, ...service.liveness_probe].map((probe) => probe.http_get[0].path),
    writes: [],
    user: undefined,
    account: `plinth-${role}`,
    killedAfter: role === 'migrate' ? undefined : CLOUD_RUN,
  }));
}
