import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import type { Memory } from '../../products/memory/service.ts';
import type { TestApp } from '@plinth/testkit/services/app';

/** A session of memory with messages, a file and what is drawn from them, a decision that is linked with it, a document, and a rated pattern: the example of a call that stores one names a session that is made by another call. */
export async function makeMemory({ app }: TestApp, userId: UserId, accountId: AccountId): Promise<void> {
  const coditect = app.modules.mounted.find(({ module }) => module === 'coditect/memory')?.service as Memory;
  const member = { accountId, userId };
  const { row } = await coditect.memory.create(member, {
    clientId: `a session of ${userId}`.replaceAll(' ', '-'),
    title: `A session of ${userId} in ${accountId}`,
    summary: `What ${userId} did`,
    metadata: { account: accountId },
    level: 'private',
    teamId: null,
    startedAt: null,
  });
  await coditect.memory.append({ ...member, id: row.id }, [
    {
      clientId: 'm',
      role: 'user',
      speaker: 'Ada',
      text: `said by ${userId} in src/${userId}.ts and src/${accountId}.ts, src/import/users.ts, /home/ada/shop/src/import/users.ts`,
      saidAt: null,
      recalled: false,
    },
    {
      clientId: 'd',
      role: 'user',
      speaker: null,
      text: `We decided to keep ${userId} apart from ${accountId}.`,
      saidAt: null,
      recalled: false,
    },
  ]);
  await coditect.sessionFiles.store(
    { ...member, id: row.id },
    { clientId: 'f', name: `of-${userId}.txt`, type: 'text/plain', body: Buffer.from(`Of ${accountId}`) },
  );
  await coditect.digests.digest({ ...member, id: row.id }, new AbortController().signal);
  const audience = { level: 'private', teamId: null } as const;
  const name = `of-${userId}`;
  const decision = await coditect.decisions.create(member, {
    ...audience,
    clientId: name,
    status: 'accepted',
    decidedAt: null,
    texts: { title: `Of ${userId}`, context: 'Slow', rationale: `Of ${accountId}`, consequences: null },
  });
  const target = { sessionId: row.id, messageId: null, decisionId: null, path: null };
  await coditect.decisions.link({ ...member, id: decision.row.id }, { type: 'drawn_from', target });
  await coditect.graph.merge(member, {
    source: `src/${userId}.ts`,
    target: `src/${accountId}.ts`,
    by: { caller: { userId }, origin: ORIGIN },
  });
  await makePattern(coditect, member);
  await coditect.documents.write(member, { ...audience, kind: 'technical', name, text: `Of ${userId}` });
}

const ORIGIN = {
  requestId: 'test',
  ip: '127.0.0.1',
  userAgent: '',
  traceparent: undefined,
  signal: new AbortController().signal,
};

/** A rule that two sessions have, with what its author calls it. */
async function makePattern(
  { memory, patterns }: Memory,
  member: { readonly accountId: AccountId; readonly userId: UserId },
): Promise<void> {
  for (const clientId of ['rule-1', 'rule-2']) {
    const { row } = await memory.create(member, {
      clientId,
      title: null,
      summary: null,
      metadata: null,
      level: 'private',
      teamId: null,
      startedAt: null,
    });
    const text = `Always ask ${member.userId} about ${member.accountId} before lunch.`;
    const said = { clientId: 'm', role: 'user', speaker: null, text, saidAt: null, recalled: false } as const;
    await memory.append({ ...member, id: row.id }, [said]);
  }
  await patterns.extract({
    accountId: member.accountId,
    payload: { user_id: member.userId },
    signal: new AbortController().signal,
    progressing: () => statement('select 1'),
  });
  const { data } = await patterns.list(member, { limit: 1 });
  for (const { id } of data) {
    await patterns.change(
      { ...member, id, caller: member, origin: ORIGIN },
      { title: `A pattern of ${member.userId}` },
    );
    await patterns.rate({ ...member, id }, true);
  }
}
