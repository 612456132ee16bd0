import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { describe, expect, test } from 'vitest';
import { prismFixture } from './fixture.ts';

const { somebody } = await prismFixture();

describe('a profile', () => {
  test('is there from the first day, keeps what is changed, and has one winner of two changes', async () => {
    const me = await somebody();
    const first = await me.get('/v1/profile');
    expect(first.body).toMatchObject({ display_name: null, focus_areas: [], version: expect.any(Number) });
    const version = { 'if-match': `"${String(first.body['version'])}"` };
    const changed = await me.patch(
      '/v1/profile',
      { display_name: 'Ada', locale: 'de-AT', focus_areas: ['work'], consents: { news: true } },
      version,
    );
    expect(changed.body).toMatchObject({ display_name: 'Ada', locale: 'de-AT', consents: { news: true } });
    expect(refusalOf(await me.patch('/v1/profile', { pronouns: 'she' }, version))).toMatchObject({
      status: 412,
    });
    const { support: _, ...kept } = changed.body;
    expect((await me.get('/v1/profile')).body).toEqual(kept);
  });

  test.each([
    {},
    { locale: 'German!' },
    { time_zone: 'Europe/Atlantis' },
    { consents: { everything: true } },
  ])('refuses %o, and stays as it was', async (change) => {
    const me = await somebody();
    const { body } = await me.get('/v1/profile');
    expect((await me.patch('/v1/profile', change)).status).toBe(400);
    expect((await me.get('/v1/profile')).body).toEqual(body);
  });
});
