import { isTemplate, TEMPLATES } from './catalogue.ts';
import { render } from './render.ts';
import type { MessageRow } from './store.ts';
import type { Address, OutgoingMail } from './transport.ts';

/** Makes of a stored mail what travels. Its Message-ID follows from its id alone, so that each try has the same. */
export function composeMail(
  message: Pick<MessageRow, 'id' | 'recipient' | 'template' | 'facts' | 'created_at'>,
  from: Address,
): OutgoingMail {
  const { id, recipient: to, template, facts, created_at: date } = message;
  if (!isTemplate(template)) throw new Error(`there is no template ${String(template)}`);
  const { facts: schema } = TEMPLATES[template];
  const rendered = render(template, { ...schema.parse(facts), sender: from.name });
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  return { id, messageId: `<${id}@${domain}>`, from, to, date, ...rendered };
}
