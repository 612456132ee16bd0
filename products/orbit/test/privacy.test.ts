import { expect, test } from 'vitest';
import { extractionFixture, idIn, LONG } from './extraction-fixture.ts';

const fixture = await extractionFixture();

async function createPrivate() {
  const office = await fixture.office();
  const { workspace } = office;
  const setPrivacy = async (privacy: 'standard' | 'no_models') => {
    const { status } = await workspace.admin.patch(`/v1/workspaces/${workspace.id}`, { privacy });
    expect(status).toBe(200);
  };
  const [page = ''] = LONG;
  return { ...office, setPrivacy, document: await fixture.document(workspace, [page]) };
}

test('a workspace that sends nothing to models is refused its AI calls, and charged none', async () => {
  const { workspace, by, scope, setPrivacy, document, used } = await createPrivate();
  const section = await workspace.member.post(`/v1/scopes/${scope}/sections`, {
    type: 'risks',
    title: 'Risks',
  });
  await setPrivacy('no_models');
  const asked = [
    await by.ask(scope, [document]),
    await by.suggest(String(section.body['id'])),
    await by.analyze(scope),
  ];
  for (const reply of asked)
    expect(reply).toMatchObject({ status: 403, body: { error: { code: 'models_not_allowed' } } });
  expect(await used()).toBe(0);
});

test('what was asked for before is not sent any more, and is given back', async () => {
  const { workspace, by, scope, setPrivacy, document, used } = await createPrivate();
  const { member } = workspace;
  await member.post(`/v1/scopes/${scope}/sections`, { type: 'risks', title: 'Risks' });
  const extracted = await by.ask(scope, [document]);
  const analyzed = await by.analyze(scope);
  expect(await used()).toBe(2);
  const before = fixture.sandbox.requests();
  await setPrivacy('no_models');
  await fixture.working(async () => {
    for (const path of [
      `/v1/ai/extractions/${idIn(extracted, 'extraction_id')}`,
      `/v1/ai/analyses/${idIn(analyzed, 'analysis_id')}`,
    ])
      expect((await member.get(`${path}?wait=20`)).body).toMatchObject({
        status: 'failed',
        error: { code: 'models_not_allowed' },
      });
  });
  expect(fixture.sandbox.requests()).toBe(before);
  expect(await used()).toBe(0);
});
