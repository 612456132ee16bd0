import { templateCalled } from './catalogue.ts';
import { render } from './render.ts';
import type { MessageRow } from './store.ts';
import type { Address, OutgoingMail } from './transport.ts';

/** Makes of a stored mail what travels. Its Message-ID follows from its id alone, so that each try has the same. */
export function composeMail(
  message: Pick<MessageRow, 'id' | 'recipient' | 'template' | 'facts' | 'attachments' | 'created_at'>,
  from: Address,
): OutgoingMail {
  const { id, recipient: to, facts, attachments, created_at: date } = message;
  const template = templateCalled(message.template);
  const rendered = render(template, { ...template.facts.parse(facts), sender: from.name });
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  return { id, messageId: `<${id}@${domain}>`, from, to, date, attachments, ...rendered };
}
