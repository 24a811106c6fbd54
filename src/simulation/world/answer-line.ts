/**
 * The way on which one caller hears the ERP's answers. Whatever stands between both may pass an answer on twice: the second
 * one then comes in place of the answer to the next call, which nobody hears. Only answers that say that something was done
 * come twice here: one that says that nothing was done names no request, and nobody could tell whose it is.
 */
export class AnswerLine<Answer> {
  #stray: Answer | null = null;
  readonly #comesTwice: () => boolean;

  /** @param comesTwice  whether the next answer that may come twice does so */
  constructor(comesTwice: () => boolean) {
    this.#comesTwice = comesTwice;
  }

  /** @returns what the caller hears */
  pass(own: Answer, isDone: boolean): Answer {
    const stray = this.#stray;
    this.#stray = stray === null && isDone && this.#comesTwice() ? own : null;
    return stray ?? own;
  }
}
