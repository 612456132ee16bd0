import type { DeliverySettings } from '#platform/config';
import type { Database, CrashHook } from '#platform/db';
import type { Clock } from '#platform/kernel';
import type { Telemetry } from '#platform/telemetry';
import { announceTo } from './delivery/announcer.ts';
import { createReceiver, type Receiver } from './delivery/receiver.ts';
import type { SignatureParts } from './delivery/signature.ts';
import { createJobs, type Jobs, type JobsParts } from './jobs.ts';

/** Where jobs are announced, and who signs what is delivered. */
export interface QStash {
  readonly url: string;
  readonly token: string | undefined;
  readonly keys: SignatureParts['keys'];
}

export interface WorkParts extends Omit<JobsParts, 'log' | 'metrics' | 'tracer' | 'announce'> {
  readonly db: Database;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** How jobs are delivered; undefined: a worker takes them from the queue. */
  readonly delivery: DeliverySettings | undefined;
  /** The service that delivers them. */
  readonly qstash: QStash | undefined;
  readonly crashHook?: CrashHook | undefined;
}

/** Jobs, and what takes those that are delivered. */
export interface Work {
  readonly jobs: Jobs;
  readonly receiver: Receiver;
}

/** Jobs as the settings have them run, with their metrics. */
export function createWork(parts: WorkParts): Work {
  const { delivery, qstash, telemetry } = parts;
  const { logger: log, metrics, tracer } = telemetry;
  const jobs = createJobs({ ...parts, log, metrics, tracer, announce: announceOf(parts) });
  metrics.observeJobsDepth(jobs.depth);
  metrics.observeOldestJobs(jobs.oldest);
  const receiver = createReceiver({ ...parts, jobs, keys: qstash?.keys, target: delivery?.target ?? '' });
  return { jobs, receiver };
}

/** How a worker announces its jobs; undefined: it runs them itself. */
function announceOf({ delivery, qstash, clock, crashHook }: WorkParts) {
  const { token } = qstash ?? {};
  if (delivery?.publishes !== true || qstash === undefined || token === undefined) return undefined;
  return announceTo({ ...delivery, ...qstash, token, clock, crashHook });
}
