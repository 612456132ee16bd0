import { expect, test } from 'vitest';
import { clamdProgram, NO_CLAMD, startClamd } from '@plinth/testkit/services/clamd';
import { orbitFixture } from './fixture.ts';
import { readAs, textsOf } from './uploads-fixture.ts';

/** The file that every scanner finds and that does no harm, by its MD5 and length: signatures are not to be had without the network. */
const SIGNATURES = ['44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test'];
/** In two halves, or scanners would find it in this file. */
const EICAR = Buffer.from(
  ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR', 'STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('-'),
);

test('clamd itself says what is read: a clean file is, EICAR is deleted, a file it takes no more of and one it is away for are not read', async ({
  skip,
}) => {
  const program = clamdProgram();
  if (program === undefined) return skip(NO_CLAMD);
  const clamd = await startClamd(program, SIGNATURES);
  const fixture = await orbitFixture({ settings: { CLAMD_URL: clamd.url } });
  const { member, owner } = await fixture.workspace();

  const clean = await readAs(member, 'brief.txt', Buffer.from('Payable net 30.'));
  expect(clean).toMatchObject({ status: 'completed' });
  const { storage } = await owner.used();

  const infected = await readAs(member, 'invoice.txt', EICAR);
  expect(infected).toMatchObject({
    status: 'failed',
    failure: { code: 'document_infected', detail: 'Eicar-Test.UNOFFICIAL' },
  });
  const { body } = await member.get(`/v1/documents/${String(infected['id'])}`);
  expect(body).toMatchObject({ has_file: false });
  expect((await member.get(`/v1/documents/${String(infected['id'])}/download`)).status).toBe(409);
  expect(await textsOf(member, String(infected['id']))).toEqual([]);
  expect(await owner.used()).toMatchObject({ storage });

  const large = await readAs(member, 'large.txt', Buffer.alloc(1_500_000, 'words '));
  expect(large).toMatchObject({
    status: 'failed',
    failure: { code: 'document_not_scanned', detail: expect.stringContaining('StreamMaxLength') },
  });
  expect(await textsOf(member, String(large['id']))).toEqual([]);

  await clamd.kill();
  const unseen = await readAs(member, 'terms.txt', Buffer.from('Payable net 60.'));
  expect(unseen).toMatchObject({ status: 'failed', failure: { code: 'document_not_scanned' } });
  expect(await textsOf(member, String(unseen['id']))).toEqual([]);

  await clamd.start();
  const seen = await readAs(member, 'terms.txt', Buffer.from('Payable net 60.'));
  expect(seen).toMatchObject({ status: 'completed' });
  expect(await textsOf(member, String(seen['id']))).toEqual(['Payable net 60.']);
});
