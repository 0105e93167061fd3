// What was typed and is not accepted yet, kept on this machine. localStorage and not IndexedDB: only what is written
// at once survives a tab that is being closed.

const PREFIX = "desk:kept:";

const keyOf = (subject, name) => `${PREFIX}${encodeURIComponent(subject)}:${name}`;

/** Give all that is kept of a person's, newest first: `{name, article, base, changedAt, sent}`. */
export function allKept(subject) {
  const prefix = keyOf(subject, "");
  return Object.keys(localStorage)
    .filter((key) => key.startsWith(prefix))
    .map((key) => ({ name: key.slice(prefix.length), ...JSON.parse(localStorage.getItem(key)) }))
    .sort((one, other) => other.changedAt - one.changedAt);
}

/** Forget one of these. */
export const forgetKept = (subject, name) => localStorage.removeItem(keyOf(subject, name));

/** What is kept of one article; of a new one under a name of its own. One tab writes it at a time. */
export class Kept {
  #key;
  #lock;
  #release = () => {};

  constructor(subject, name) {
    this.#key = keyOf(subject, name);
    this.#lock = `desk:${this.#key}`;
    this.mayWrite = false;
  }

  /** Become the tab that writes, unless another one is (or, with `steal`, even then). `onLost` runs when one steals it. */
  async hold({ steal = false, onLost }) {
    this.mayWrite = await new Promise((resolve) => {
      const options = steal ? { steal: true } : { ifAvailable: true };
      navigator.locks
        .request(this.#lock, options, (lock) => {
          resolve(lock !== null);
          return lock && new Promise((release) => (this.#release = release));
        })
        .catch(() => {
          this.mayWrite = false;
          onLost();
        });
    });
    return this.mayWrite;
  }

  /** Let other tabs write. */
  release() {
    this.mayWrite = false;
    this.#release();
  }

  read() {
    return JSON.parse(localStorage.getItem(this.#key) ?? "null");
  }

  /** Keep something; tell whether there was room for it. */
  write(record) {
    if (!this.mayWrite) return false;
    try {
      localStorage.setItem(this.#key, JSON.stringify({ ...record, changedAt: Date.now() }));
      return true;
    } catch {
      return false;
    }
  }

  forget() {
    if (this.mayWrite) localStorage.removeItem(this.#key);
  }
}
