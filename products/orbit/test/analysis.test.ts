import { describe, expect, test } from 'vitest';
import type { Reply } from '@plinth/testkit/services/app';
import { extractionFixture, idIn } from './extraction-fixture.ts';

const { office, sandbox, working } = await extractionFixture();
const idOf = (reply: Reply) => idIn(reply, 'analysis_id');

describe('suggestions and analyses', () => {
  test('are kept with the scope, once for each version', async () => {
    const { workspace, by, used } = await office();
    const scope = await workspace.scope(2);
    const [section] = await by.sections(scope);
    const asked = [await by.analyze(scope), await by.analyze(scope), await by.suggest(section?.id ?? '')];
    expect(asked.map(({ status }) => status)).toEqual([202, 202, 202]);
    const [one = '', two, three = ''] = asked.map(idOf);
    expect(two).toBe(one);
    const read = async (id: string) => (await workspace.viewer.get(`/v1/ai/analyses/${id}?wait=30`)).body;
    const [analysis, suggestions] = await working(async () => [await read(one), await read(three)]);
    expect(analysis).toMatchObject({ kind: 'analyze', status: 'completed', section_id: null });
    expect(Object.keys(analysis?.['result'] as object)).toEqual(['gaps', 'risks', 'contradictions']);
    expect(suggestions).toMatchObject({ kind: 'suggest', status: 'completed', section_id: section?.id });
    expect(await used()).toBe(2);
    const { body } = await workspace.viewer.get(`/v1/scopes/${scope}/analyses`);
    expect((body['data'] as { id: string }[]).map(({ id }) => id)).toEqual([three, one]);
    const { body: suggested } = await workspace.viewer.get(`/v1/scopes/${scope}/analyses?kind=suggest`);
    expect(suggested['data']).toHaveLength(1);
    await workspace.member.patch(`/v1/scopes/${scope}/sections/${section?.id}`, {
      content: 'Something else.',
    });
    const next = idOf(await by.analyze(scope));
    expect(next).not.toBe(one);
    await working(() => read(next));
  });

  test('that fail give their call back, and may be asked for again', async () => {
    const { workspace, by, used } = await office();
    const scope = await workspace.scope(1);
    const asked = idOf(await by.analyze(scope));
    sandbox.faults.next({ kind: 'bad_content' }, { kind: 'bad_content' }, { kind: 'bad_content' });
    const { body } = await working(() => workspace.member.get(`/v1/ai/analyses/${asked}?wait=30`));
    expect(body).toMatchObject({ status: 'failed', result: null, error: { code: 'answer_unusable' } });
    expect(await used()).toBe(0);
    const next = idOf(await by.analyze(scope));
    expect(next).not.toBe(asked);
    await working(() => workspace.member.get(`/v1/ai/analyses/${next}?wait=30`));
  });

  test('that are cancelled come to nothing', async () => {
    const { workspace, by, used } = await office();
    const scope = await workspace.scope(1);
    const asked = idOf(await by.analyze(scope));
    expect((await workspace.member.post(`/v1/ai/analyses/${asked}/cancel`)).status).toBe(200);
    expect(await used()).toBe(0);
    const { body } = await workspace.member.get(`/v1/ai/analyses/${asked}`);
    expect(body).toMatchObject({ status: 'cancelled', result: null });
  });
});
