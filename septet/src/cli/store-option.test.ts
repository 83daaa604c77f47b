import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from './io.ts';
import { dataFolder, storePlace } from './store-option.ts';

const home = { HOME: '/home/ada' };
const url = 'postgres://septet@db.example/septet';
const file = (folder: string) => ({ kind: 'sqlite', file: `${folder}/septet.sqlite` });

test('where the store is: the option, the environment, the home folder', () => {
  assert.deepEqual(storePlace({}, { env: home }), file('/home/ada/.local/share/septet'));
  assert.deepEqual(storePlace({}, { env: { ...home, XDG_DATA_HOME: '/x' } }), file('/x/septet'));
  assert.deepEqual(
    storePlace({}, { env: { ...home, XDG_DATA_HOME: 'relative' } }),
    file('/home/ada/.local/share/septet'),
  );
  assert.deepEqual(storePlace({}, { env: { ...home, SEPTET_DATA: '/d' } }), file('/d'));
  assert.deepEqual(storePlace({ data: '/o' }, { env: { SEPTET_DATA: '/d', SEPTET_STORE: url } }), file('/o'));
  assert.deepEqual(storePlace({}, { env: { SEPTET_DATA: '/d', SEPTET_STORE: url } }), { kind: 'postgres', url });
  assert.deepEqual(storePlace({ store: url }, { env: {} }), { kind: 'postgres', url });
});

test('with --store the folder still holds the files beside it', () => {
  const options = { store: url, data: '/o' };
  assert.deepEqual(
    [storePlace(options, { env: {} }), dataFolder(options, { env: {} })],
    [{ kind: 'postgres', url }, '/o'],
  );
});

test('what is no place is a sentence', () => {
  assert.throws(
    () => storePlace({ store: 'mysql://x' }, { env: {} }),
    (error) => error instanceof InputError && /postgres:\/\//.test(error.message),
  );
  assert.throws(
    () => dataFolder({}, { env: {} }),
    (error) => error instanceof InputError && /--data/.test(error.message),
  );
});
