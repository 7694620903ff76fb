/*
 * Memory between a driver and a device that both reorder their stores.
 *
 * A store goes to a buffer of its side and reaches memory later, in any order: so a plain store may
 * be seen after a later one, and any store after a later load. A releasing store reaches memory
 * after all earlier ones; a full barrier waits for all. That is what `str`, `stlr` and `dmb` promise
 * on AArch64.
 *
 * Two stores of a side to one word become one if the first has not reached memory. No side loads what
 * it stores. Loads are made in the order of the text; where it takes an acquiring load to have them
 * so, a fault of the model makes them the other way round. No load is made after a later store of its
 * side: what follows the loads of either side is a releasing store.
 *
 * What a side does that the other cannot see is one step with what it does next: it may as well have
 * done it late. So steps are `atomic`, up to where they wait.
 *
 * The file that includes this one says how many WORDS there are, and in the options of `Stores` which
 * side stores which word, and what is stored with it.
 */

#define DRIVER 0
#define DEVICE 1

#define BIT(number) (1 << (number))

byte memory[WORDS];
/* What each side has stored that did not reach memory: the values, and a bit for each word. */
byte stored[2 * WORDS];
int delayed[2];
/* Those of them that reach memory after all others. */
int releasing[2];

/* Whether the driver has taken the queue's memory back: the device must leave it alone then. */
bit isGivenBack;

/* What is wrong has a name, so that models.tsv can say what each fault is found by. */
#define NEVER_SO(wrong, condition) wrong = (condition); assert(!wrong)
bit isTouchedAfterReset, isStuck;
/* The device found a buffer that was not published, or not stored wholly. */
bit isBufferWrong;
/* The driver got back what was not with the device, or before it was wholly stored. */
bit isCompletionWrong;
bit isKickLost, isInterruptLost;

inline store(side, word, value) {
  stored[(side) * WORDS + (word)] = value;
  delayed[side] = delayed[side] | BIT(word)
}

/* A side waits for its last releasing store before the next: so it does anyway, for its barrier. */
inline storeReleasing(side, word, value) {
  d_step {
    !(releasing[side] & ~BIT(word));
    store(side, word, value);
    releasing[side] = releasing[side] | BIT(word)
  }
}

inline fullBarrier(side) { delayed[side] == 0 }

/* A store reaches memory: `effect` is what changes there. */
#define REACHES_AS(side, word, effect) \
  :: d_step { \
       (delayed[side] & BIT(word)) \
         && (!(releasing[side] & BIT(word)) || delayed[side] == BIT(word)); \
       NEVER_SO(isTouchedAfterReset, side == DEVICE && isGivenBack); \
       effect; \
       stored[(side) * WORDS + (word)] = 0; \
       delayed[side] = delayed[side] & ~BIT(word); \
       releasing[side] = releasing[side] & ~BIT(word) \
     }

#define REACHES(side, word) \
  REACHES_AS(side, word, memory[word] = stored[(side) * WORDS + (word)])
