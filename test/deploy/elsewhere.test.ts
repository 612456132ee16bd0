import { settingCalled, settingNames } from '#platform/config';
import { parse } from 'smol-toml';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { VERBS } from '../../server/src/main/verbs.ts';
import { OPERATIONS } from '../../server/src/server/operations.ts';
import { ecsTasks, IMAGE, read } from './processes.ts';

const probe = z.string().refine((path) => OPERATIONS.has(path));
const seconds = z.string().regex(/^\d+s$/);
const isVerb = (words: string) => Object.hasOwn(VERBS, words.split(' ')[0] ?? '');
const verb = z.string().refine(isVerb);
/** Seconds from SIGTERM to SIGKILL: longer than draining takes by default. */
const leastKill = (delay: number) => delay + 25 + 2;

/** As https://fly.io/docs/reference/configuration/ has it. */
const flySchema = z.strictObject({
  app: z.string(),
  primary_region: z.string().length(3),
  kill_signal: z.literal('SIGTERM'),
  kill_timeout: seconds,
  build: z.strictObject({ image: z.string() }),
  deploy: z.strictObject({
    release_command: verb,
    strategy: z.enum(['rolling', 'canary', 'bluegreen', 'immediate']),
  }),
  processes: z.record(z.string(), verb),
  env: z.record(z.string(), z.string()),
  http_service: z.strictObject({
    processes: z.array(z.string()),
    internal_port: z.literal(IMAGE.port),
    force_https: z.literal(true),
    auto_stop_machines: z.enum(['off', 'stop', 'suspend']),
    min_machines_running: z.int().min(1),
    checks: z.array(
      z.strictObject({
        method: z.literal('GET'),
        path: probe,
        interval: seconds,
        timeout: seconds,
        grace_period: seconds,
      }),
    ),
  }),
  vm: z.array(z.strictObject({ size: z.string(), memory: z.string().regex(/^\d+(gb|mb)$/) })),
});

test('fly.toml has fields that fly.io knows, our verbs, port, probe and settings, and no secret', () => {
  const fly = flySchema.parse(parse(read('deploy/fly.toml')));
  expect(Object.values(fly.processes).toSorted()).toEqual(['serve', 'worker']);
  expect(fly.deploy.release_command).toBe('migrate up');
  expect(fly.http_service.processes.map((name) => fly.processes[name])).toEqual(['serve']);
  const names = Object.keys(fly.env);
  expect(names.filter((name) => !settingNames().includes(name) || settingCalled(name).notes.secret)).toEqual(
    [],
  );
  const delay = Number(fly.env['SHUTDOWN_DELAY_SECONDS']);
  expect(Number.parseInt(fly.kill_timeout, 10)).toBeGreaterThanOrEqual(leastKill(delay));
});

/** As https://docs.railway.com/config-as-code/reference has it. */
const railwaySchema = z.strictObject({
  $schema: z.literal('https://railway.com/railway.schema.json'),
  build: z.strictObject({ builder: z.literal('DOCKERFILE'), dockerfilePath: z.literal('Dockerfile') }),
  deploy: z.strictObject({
    startCommand: z.string(),
    healthcheckPath: probe.optional(),
    healthcheckTimeout: z.int().min(1).optional(),
    overlapSeconds: z.int().min(0).optional(),
    drainingSeconds: z.int(),
    restartPolicyType: z.enum(['ON_FAILURE', 'ALWAYS', 'NEVER']),
  }),
});

test.each([
  ['railway.json', 'serve'],
  ['worker.json', 'worker'],
])('railway/%s has fields that Railway knows, and starts the image with %s', (file, wanted) => {
  const { deploy } = railwaySchema.parse(JSON.parse(read(`deploy/railway/${file}`)));
  const [program] = [IMAGE.health.slice(0, 2).join(' ')];
  expect(deploy.startCommand).toBe(`${program} ${wanted}`);
  expect(deploy.drainingSeconds).toBeGreaterThanOrEqual(leastKill(deploy.overlapSeconds ?? 0));
  expect(deploy.healthcheckPath).toBe(wanted === 'serve' ? '/readyz' : undefined);
});

const pair = z.strictObject({ name: z.string(), value: z.string() });
const secret = z.strictObject({ name: z.string(), valueFrom: z.string().regex(/^arn:aws:secretsmanager:/) });
const role = z.string().regex(/^arn:aws:iam::/);
/** As RegisterTaskDefinition takes it: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html */
const taskSchema = z.strictObject({
  family: z.string().regex(/^[\w-]{1,255}$/),
  requiresCompatibilities: z.tuple([z.literal('FARGATE')]),
  networkMode: z.literal('awsvpc'),
  cpu: z.literal('1024'),
  // Fargate's pairs: a CPU has 2 to 8 GB.
  memory: z.enum(['2048', '3072', '4096', '5120', '6144', '7168', '8192']),
  runtimePlatform: z.strictObject({
    cpuArchitecture: z.enum(['X86_64', 'ARM64']),
    operatingSystemFamily: z.literal('LINUX'),
  }),
  executionRoleArn: role,
  taskRoleArn: role,
  containerDefinitions: z.tuple([
    z.strictObject({
      name: z.string(),
      image: z.string(),
      essential: z.literal(true),
      command: z.array(z.string()),
      user: z.literal(IMAGE.user),
      portMappings: z
        .tuple([z.strictObject({ containerPort: z.literal(IMAGE.port), protocol: z.literal('tcp') })])
        .optional(),
      environment: z.array(pair),
      secrets: z.array(secret),
      healthCheck: z
        .strictObject({
          command: z.array(z.string()),
          interval: z.int().min(5).max(300),
          timeout: z.int().min(2).max(60),
          retries: z.int().min(1).max(10),
          startPeriod: z.int().min(0).max(300),
        })
        .optional(),
      // Fargate's most is 120.
      stopTimeout: z.int().max(120).optional(),
      logConfiguration: z.strictObject({
        logDriver: z.literal('awslogs'),
        options: z.record(z.string(), z.string()),
      }),
    }),
  ]),
});

test.each(ecsTasks())('%s has fields that ECS knows, in their bounds', (_, task) => {
  const { containerDefinitions } = taskSchema.parse(task);
  const { healthCheck } = containerDefinitions[0];
  if (healthCheck !== undefined) expect(healthCheck.command).toEqual(['CMD', ...IMAGE.health]);
});
