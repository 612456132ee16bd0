import type { Config } from '#platform/config';
import type { Passing } from '#platform/db';
import { createMail, type Mail, type MailParts, transportOf } from '#platform/mail';
import type { Telemetry } from '#platform/telemetry';

interface MailWiring extends Omit<MailParts, 'transport' | 'settings' | 'log' | 'passing'> {
  readonly telemetry: Telemetry;
  readonly options: { readonly config: Config; readonly passing?: Passing };
}

/** Mails, as the settings have them sent. */
export function openMail(parts: MailWiring): Mail {
  const { config, passing } = parts.options;
  return createMail({
    ...parts,
    passing,
    settings: config.mail,
    transport: transportOf(config.mail),
    log: parts.telemetry.logger,
  });
}
