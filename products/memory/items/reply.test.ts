import { namedObject } from 'plinth/product';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { replyMaker } from './reply.ts';

const at = new Date('2026-01-02T03:04:05.678Z');
const toReply = replyMaker(
  namedObject('ReplyOfATest', {
    id: z.string(),
    said_at: z.iso.datetime().nullable(),
    texts: z.array(z.string()),
  }),
);

test('a reply has the fields that it declares, with times as text', () => {
  expect(toReply({ id: 'a', said_at: at, texts: ['b'] })).toEqual({
    id: 'a',
    said_at: '2026-01-02T03:04:05.678Z',
    texts: ['b'],
  });
});

test('what a row has beside them, as a sealed text, is in no reply', () => {
  const row = { id: 'a', said_at: null, texts: [], title: Buffer.from('sealed') };
  expect(toReply(row)).toEqual({ id: 'a', said_at: null, texts: [] });
});
