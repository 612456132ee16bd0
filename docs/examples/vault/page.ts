import { type Client, createClient } from '@plinth/sdk';
import { createVault, type Vault, type VaultRecord } from '@plinth/sdk/vault';
import { button, byId, el, field } from '../shop/parts.ts';
import { browserStore } from './store.ts';

const TABLE = 'notes';
const baseUrl = document.querySelector<HTMLMetaElement>('meta[name=plinth]')?.content ?? '';

const says = (text: string) => byId('says').replaceChildren(text);
const failed = (error: unknown) => says(error instanceof Error ? error.message : String(error));
const act = (text: string, work: () => Promise<unknown>, plain = false) =>
  button(text, work, { plain, failed });

/** The key that may call the server, and the passphrase, which never leaves this page. */
function unlockForm(): HTMLFormElement {
  const form = el(
    'form',
    {},
    el('label', {}, 'API key (data/owner.json has one)', el('input', { name: 'key', autocomplete: 'off' })),
    el('label', {}, 'Passphrase', el('input', { name: 'passphrase', type: 'password' })),
  );
  form.append(act('Unlock', () => unlock(field(form, 'key'), field(form, 'passphrase'))));
  return form;
}

async function unlock(apiKey: string, passphrase: string): Promise<void> {
  says('Stretching the passphrase …');
  const client = createClient({ baseUrl, apiKey });
  const { id: accountId } = await client.call('GET /v1/account', {});
  const store = await browserStore(`vault ${accountId}`);
  const { vault, recoveryKey } = await createVault({ client, accountId, store }, { passphrase });
  says(recoveryKey === undefined ? '' : `Write down the recovery key, it is shown once: ${recoveryKey}`);
  const list = el('div', { id: 'notes' });
  const add = async () => {
    await vault.put(TABLE, '');
    await show({ client, vault, list });
  };
  byId('page').replaceChildren(el('div', { className: 'row' }, act('Add a note', add)), list);
  await keepInStep({ client, vault, list });
}

interface Notes {
  readonly client: Client;
  readonly vault: Vault;
  readonly list: HTMLElement;
}

/** Every two seconds: what changed here goes to the server, and what changed elsewhere comes. Without a network it tries again. */
async function keepInStep(notes: Notes): Promise<never> {
  for (;;) {
    try {
      const { problems } = await notes.vault.sync();
      for (const { problem, id } of problems) says(`${id}: ${problem}`);
    } catch (error) {
      failed(error);
    }
    await show(notes);
    await new Promise((done) => {
      setTimeout(done, 2_000);
    });
  }
}

/** Updates the page where a note is another one, and leaves the one alone that is being edited. */
async function show({ client, vault, list }: Notes): Promise<void> {
  const notes = await vault.list(TABLE);
  const shown = new Map([...list.children].map((child) => [child.id, child]));
  for (const note of notes) {
    const version = JSON.stringify(note);
    const box = shown.get(note.id) ?? list.appendChild(el('section', { id: note.id, className: 'note' }));
    shown.delete(note.id);
    if (box.getAttribute('data-version') === version || box.contains(document.activeElement)) continue;
    box.setAttribute('data-version', version);
    box.replaceChildren(noteBox(vault, note), el('code', {}, await serverBytes(client, note)));
  }
  for (const gone of shown.values()) gone.remove();
}

function noteBox(vault: Vault, { id, value, copyOf }: VaultRecord): HTMLElement {
  const text = el('textarea', { value: String(value) });
  text.addEventListener('change', () => {
    text.blur();
    vault.put(TABLE, text.value, id).catch(failed);
  });
  const remove = act('Delete', () => vault.delete(TABLE, id), true);
  return el(
    'div',
    {},
    ...(copyOf === undefined ? [] : [el('b', {}, 'Written elsewhere at the same time')]),
    text,
    remove,
  );
}

/** What the server has of a note: all that anybody there can see. */
async function serverBytes(client: Client, { id, isPending }: VaultRecord): Promise<string> {
  if (isPending) return 'not sent yet';
  const answer = await client.open('GET /v1/storage/records/{id}', { params: { id } });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

byId('page').append(unlockForm());
