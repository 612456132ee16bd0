import { expect, test } from 'vitest';
import { defineModule, inOrder } from './index.ts';

const sweep = { cron: '7 * * * *', run: () => Promise.resolve() };

test('a module is what it says, and what it does not say is empty', () => {
  const notes = defineModule({
    name: 'notes',
    purpose: 'what people write down',
    systemUses: {
      'notes.sweep': 'old ones of all authors go',
      'admin.notes': 'a platform admin reads them',
    },
    create: (parts: { readonly text: string }) => ({ read: () => parts.text }),
  });
  expect(notes).toMatchObject({ name: 'notes', dataRules: [], schedules: {}, routes: [], partRoutes: {} });
  expect(notes.migrations()).toEqual([]);
  expect(notes.create({ text: 'a note' }).read()).toBe('a note');
});

const using = (name: 'notes' | 'reader', use: string) =>
  defineModule({ name, purpose: '', systemUses: { [use]: 'a reason' } });
const ruling = (table: string) =>
  defineModule({ name: 'notes', purpose: '', dataRules: [{ table, nobodys: 'a guess' }] });

test('a use of db.system that is named after another module is refused', () => {
  expect(() => using('notes', 'limits.sweep')).toThrow(
    '"notes" declares the system use limits.sweep, which is not its own',
  );
});

test('a rule for a table of another module is refused', () => {
  expect(() => ruling('limits.permits')).toThrow(
    '"notes" declares the data rule of limits.permits, which is not its own',
  );
});

test('a name is given once: to a module, to a schedule, to a use', () => {
  const notes = defineModule({ name: 'notes', purpose: '', schedules: { sweep } });
  expect(inOrder([notes])).toEqual([notes]);
  expect(() => inOrder([notes, notes])).toThrow('the module notes is declared twice');
  const other = defineModule({ name: 'other', purpose: '', schedules: { sweep } });
  expect(() => inOrder([notes, other])).toThrow('the schedule sweep is declared twice');
  expect(() => inOrder([using('notes', 'admin.notes'), using('reader', 'admin.notes')])).toThrow(
    'the system use admin.notes is declared twice',
  );
});
