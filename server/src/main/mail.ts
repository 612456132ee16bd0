import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brandDefaults, withChoice } from '#app';
import { resolveBrand, SERVER } from '#platform/brands';
import { makeFolder } from '#platform/config';
import { mailTemplates, render } from '#platform/mail';
import { products } from '#products';
import { printUsage, type Verb } from './verb.ts';

/** Those of products are known once those are. */
const usage = () => `Usage: plinth mail preview [template]

Templates: ${mailTemplates()
  .map(({ name }) => name)
  .join(', ')}
`;

/** `mail preview [template]`: writes mails with their examples, as they are sent, for authors of the texts. */
export const mail: Verb = async ({ config, words: [what, only, ...rest] }) => {
  const templates = mailTemplates().filter(({ name }) => only === undefined || name === only);
  if (what !== 'preview' || rest.length > 0 || templates.length === 0) {
    return printUsage(what === 'preview' ? (rest[0] ?? only) : what, usage());
  }
  // Without the database: as where no brand is stored.
  const brand = resolveBrand(SERVER, {
    rows: new Map(),
    defaults: brandDefaults(config, () =>
      withChoice(products, config.products).map(({ catalogue }) => catalogue),
    ),
  });
  const folder = join(config.dataDir, 'mail-preview');
  makeFolder(folder);
  for (const template of templates) {
    const { name, example, attachments } = template;
    const { subject, text, html } = render(template, example, brand);
    writeFileSync(join(folder, `${name}.html`), html);
    writeFileSync(join(folder, `${name}.txt`), `Subject: ${subject}\n\n${text}`);
    process.stdout.write(`${join(folder, `${name}.html`)}  ${subject}\n`);
    for (const attachment of attachments) {
      const path = join(folder, `${name}.${attachment.name}`);
      writeFileSync(path, attachment.content);
      process.stdout.write(`${path}  ${attachment.type}\n`);
    }
  }
  return 0;
};
