import type { Config } from '#platform/config';
import type { CrashHook } from '#platform/db';
import { createMail, type Mail, type MailParts, transportOf } from '#platform/mail';
import type { Telemetry } from '#platform/telemetry';

interface MailWiring extends Omit<MailParts, 'transport' | 'settings' | 'log' | 'crashHook' | 'isOpen'> {
  readonly telemetry: Telemetry;
  readonly options: { readonly config: Config; readonly crashHook?: CrashHook };
}

/** Mails, as the settings have them sent. */
export function openMail(parts: MailWiring): Mail {
  const { config, crashHook } = parts.options;
  return createMail({
    ...parts,
    crashHook,
    settings: config.mail,
    isOpen: config.environment !== 'production',
    transport: transportOf(config.mail),
    log: parts.telemetry.logger,
  });
}
