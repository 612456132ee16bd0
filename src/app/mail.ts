import type { Config } from '#platform/config';
import type { Database, Passing } from '#platform/db';
import type { Jobs } from '#platform/jobs';
import type { Ids, Random } from '#platform/kernel';
import { createMail, type Mail, transportOf } from '#platform/mail';
import type { Secrets } from '#platform/secrets';
import type { Telemetry } from '#platform/telemetry';

interface MailWiring {
  readonly db: Database;
  readonly ids: Ids;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly telemetry: Telemetry;
  readonly options: { readonly config: Config; readonly passing?: Passing };
}

/** Mails, and what hands them to the queue once there is one: it lies above those who send mails. */
export function openMail(parts: MailWiring): { mail: Mail; sendBy: (jobs: Jobs) => void } {
  const { config, passing } = parts.options;
  let queue: Jobs | undefined;
  const opened = (): Jobs => {
    if (queue === undefined) throw new Error('a mail was sent before there is a queue');
    return queue;
  };
  const mail = createMail({
    ...parts,
    passing,
    settings: config.mail,
    transport: transportOf(config.mail),
    log: parts.telemetry.logger,
    enqueuing: {
      enqueueing: (accountId, job) => opened().enqueueing(accountId, job),
      wake: () => opened().wake(),
    },
  });
  return {
    mail,
    sendBy(jobs) {
      queue = jobs;
      jobs.handle(mail.handler);
    },
  };
}
