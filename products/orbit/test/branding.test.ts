import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/closing';
import { advance } from '@plinth/testkit/factories';
import {
  coloursOf,
  lackOfDocumentPrograms,
  pagesOf,
  picturesIn,
} from '@plinth/testkit/services/document-programs';
import { fileOf } from './exports-fixture.ts';
import { type Colleague, orbitFixture } from './fixture.ts';
import { fileOf as pictureOf, send, type Upload } from './uploads-fixture.ts';

const fixture = await orbitFixture();
const folder = temporaryFolder();
/** 720 by 260 pixels; Orbit's mark has 96 by 96. */
const LOGO = pictureOf('note.png');
const COLOURS = { primary: '#7a1f3d', accent: '#118822' };
/** The band of a cover, and the heads of tables. */
const OWN = '#1d3557';

/** A workspace of its highest plan gets a logo and colours, as its admins give it them. */
async function brand(owner: Colleague): Promise<void> {
  const path = `/v1/workspaces/${owner.by.accountId}`;
  const bytes = LOGO.length;
  const sha256 = createHash('sha256').update(LOGO).digest('hex');
  const { body } = await owner.post(`${path}/logo`, {
    filename: 'logo.png',
    type: 'image/png',
    bytes,
    sha256,
  });
  expect((await send(body['upload'] as Upload, LOGO)).ok).toBe(true);
  expect((await owner.post(`${path}/logo/${String(body['blob_id'])}/complete`)).status).toBe(200);
  expect((await owner.patch(path, { colours: COLOURS })).status).toBe(200);
}

/** Ends what an account was given of a plan. */
async function end(owner: Colleague, plan: string): Promise<void> {
  const admin = await fixture.admin();
  const list = await fixture.call(admin.key, `GET /v1/admin/grants?account_id=${owner.by.accountId}`);
  const grants = list.body['data'] as { readonly id: string; readonly plan: string }[];
  const id = grants.find((grant) => grant.plan === plan)?.id ?? '';
  expect((await fixture.call(admin.key, `DELETE /v1/admin/grants/${id}`)).status).toBe(200);
}

/** The branding that poppler finds in a PDF, and that is in the parts of a DOCX. */
async function looksOf(by: Colleague, scope: string) {
  const [pdf, docx] = [await fileOf(by, scope, 'pdf'), await fileOf(by, scope, 'docx')];
  const path = join(folder, 'scope.pdf');
  writeFileSync(path, pdf.bytes);
  const colours = await coloursOf(path);
  const [cover = ''] = await pagesOf(path);
  const parts = unzipSync(docx.bytes);
  const xml = (name: string) => strFromU8(parts[name] ?? new Uint8Array());
  const media = Object.entries(parts).filter(([name]) => name.startsWith('word/media/'));
  return {
    pdf: {
      pictures: (await picturesIn(path)).toSorted(),
      isTheirs: colours.has(COLOURS.primary),
      isOurs: colours.has(OWN),
      isMarked: cover.includes('Made with Orbit'),
    },
    docx: {
      pictures: media.length,
      hasLogo: media.some(([, bytes]) => LOGO.equals(bytes)),
      isTheirs: [xml('word/styles.xml'), xml('word/document.xml')].map((text) => text.includes('7a1f3d')),
      isOurs: xml('word/styles.xml').includes(OWN.slice(1)),
      isMarked: xml('word/document.xml').includes('Made with Orbit'),
    },
  };
}

test('a workspace’s logo and colours are in its files as long as its plan has them: all of them in team, the logo in pro, none in free', async ({
  skip,
}) => {
  const lack = lackOfDocumentPrograms(['pdftotext']);
  if (lack !== undefined) return skip(lack);
  const { owner, ...workspace } = await fixture.workspace('orbit.pro', 'orbit.team');
  await brand(owner);
  const scope = await workspace.scope(1);

  const [logo, mark] = ['720x260', '96x96'];
  const [theirs, ours] = [
    { isTheirs: true, isOurs: false },
    { isTheirs: false, isOurs: true },
  ];
  expect(await looksOf(owner, scope)).toEqual({
    pdf: { pictures: [logo], ...theirs, isMarked: false },
    docx: { pictures: 1, hasLogo: true, ...theirs, isTheirs: [true, true], isMarked: false },
  });
  await end(owner, 'orbit.team');
  expect(await looksOf(owner, scope)).toEqual({
    pdf: { pictures: [logo, mark], ...ours, isMarked: true },
    docx: { pictures: 2, hasLogo: true, ...ours, isTheirs: [false, false], isMarked: true },
  });
  await end(owner, 'orbit.pro');
  // The plan free has three exports a month, and four are used.
  await advance(fixture.db, '32 days');
  expect(await looksOf(owner, scope)).toEqual({
    pdf: { pictures: [mark], ...ours, isMarked: true },
    docx: { pictures: 1, hasLogo: false, ...ours, isTheirs: [false, false], isMarked: true },
  });
});
