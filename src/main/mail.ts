import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '#platform/config';
import { render, TEMPLATE_NAMES, TEMPLATES } from '#platform/mail';
import { misused, type Verb } from './verb.ts';

const USAGE = `Usage: plinth mail preview [template]

Templates: ${TEMPLATE_NAMES.join(', ')}
`;

/** `mail preview [template]`: writes mails with their examples, as they are sent, for whoever works on their words. */
export const mail: Verb = async ({ config, words: [what, only, ...rest] }) => {
  const names = TEMPLATE_NAMES.filter((name) => only === undefined || name === only);
  if (what !== 'preview' || rest.length > 0 || names.length === 0) {
    return misused(what === 'preview' ? (rest[0] ?? only) : what, USAGE);
  }
  const folder = join(config.dataDir, 'mail-preview');
  makeFolder(folder);
  for (const name of names) {
    const { subject, text, html } = render(name, {
      ...TEMPLATES[name].example,
      sender: config.mail.from.name,
    });
    writeFileSync(join(folder, `${name}.html`), html);
    writeFileSync(join(folder, `${name}.txt`), `Subject: ${subject}\n\n${text}`);
    process.stdout.write(`${join(folder, `${name}.html`)}  ${subject}\n`);
  }
  return 0;
};
