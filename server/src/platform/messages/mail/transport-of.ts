import type { MailSettings } from '#platform/config';
import { createOutbox } from './outbox.ts';
import { createSendGrid } from './sendgrid.ts';
import { createSmtp } from './smtp.ts';
import type { Transport } from './transport.ts';

/** The way out that the settings name. */
export function transportOf({ via }: MailSettings): Transport {
  switch (via.transport) {
    case 'outbox':
      return createOutbox(via.folder);
    case 'smtp':
      return createSmtp(via);
    case 'sendgrid':
      return createSendGrid(via);
  }
}
