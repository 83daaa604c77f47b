/** The store of a plan: opened only where there is one already, because looking at a plan makes no file. */
import type { Store } from '../../store/store.ts';
import type { Io } from '../io.ts';
import { openStoreOf, storePlace, type StoreOptions } from '../store-option.ts';

/** Undefined where nothing is stored yet. Throws `InputError`. */
export async function storeIfAny(options: StoreOptions, io: Io): Promise<Store | undefined> {
  const { SEPTET_DATA, SEPTET_STORE, XDG_DATA_HOME, HOME } = io.env;
  const named = options.data ?? options.store;
  // Nothing says where it could be.
  if (named === undefined && ![SEPTET_DATA, SEPTET_STORE, XDG_DATA_HOME, HOME].some((text) => text)) return undefined;
  const place = storePlace(options, io);
  if (place.kind === 'sqlite' && !(await io.exists(place.file))) return undefined;
  return openStoreOf(options, io);
}
