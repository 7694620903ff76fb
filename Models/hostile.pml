/*
 * A virtqueue of N chains whose device stores whatever it likes, whenever it likes.
 *
 * It is what Sources/VirtIO/Queue keeps where the device cannot write, against every possible used
 * index, used id and word of a packed ring: the device is a process that stores any value to any of its
 * words at any moment, also between two loads of the driver. Counts are modulo 2 N, as in split.pml.
 *
 * Given by -D:
 *   N=1, N=2, N=3   how many chains
 *   PACKED          a packed ring, in which one word says which chain was used
 *   IN_ORDER        one word of the device can be about several chains
 * and the faults, each of which must be found: see models.tsv.
 *
 * What is shown, whatever the device does:
 *   - a chain is given back once for each time that it was enqueued, and only if it was
 *   - the driver's counts agree with what it knows of each chain, and with what it has been given
 *   - a queue that was found broken stays so, and nothing of it changes until a reset
 */

#ifndef N
#define N 2
#endif
#define M (2 * N)
/* One value that no chain has. */
#define IDS (N + 1)

#define DISTANCE(from, to) (((to) + 2 * M - (from)) % M)
#define NEVER_SO(wrong, condition) wrong = (condition); assert(!wrong)

/* What the device stores: the used index, or whether the next word of a packed ring is marked as used; and the id. */
byte usedIndex, usedID;

/* The driver's own (Virtqueue.swift). */
bit inFlight[N];
byte enqueued, published, completed;
bit isBroken;
/* In order: at which place each chain was enqueued, and the end of the batch that the device told of. */
byte number[N];
byte batchEnd;

/* What the test knows: how often each chain is with the device, and what was frozen. */
byte owed[N];
byte frozen;

bit isTakenTwice, isMiscounted, isThawed;

#define STATE (completed + M * (published + M * enqueued))

/* Virtqueue+Submission.swift: enqueue(_:), of any chain that the caller names. */
inline enqueue(chain) {
  d_step {
    if
#ifdef NO_SERVICE_CHECK
    :: inFlight[chain] -> skip
#else
    :: isBroken || inFlight[chain] -> skip
#endif
    :: else ->
       inFlight[chain] = 1;
       owed[chain]++;
       number[chain] = enqueued;
       enqueued = (enqueued + 1) % M
    fi
  }
}

/* Virtqueue.swift: latch(_:). */
inline latch() {
  isBroken = 1;
  frozen = STATE
}

/* Virtqueue+Completion.swift: take(_:_:after:). The id was loaded once. */
inline take(id) {
  if
#ifdef NO_RANGE_CHECK
  :: false -> skip
#else
  :: id >= N -> latch()
#endif
#ifndef NO_PHASE_CHECK
  :: id < N && !inFlight[id % N] -> latch()
#endif
  :: else ->
     NEVER_SO(isTakenTwice, id >= N || owed[id % N] == 0);
     owed[id % N]--;
     inFlight[id % N] = 0;
     completed = (completed + 1) % M
  fi
}

/* The driver looks for what was used: between its loads the device may store. */
inline look() {
  d_step { found = usedIndex };
  if
  :: isBroken -> skip
#ifdef PACKED
  :: !isBroken && found % 2 == 0 -> skip
  :: !isBroken && found % 2 == 1 ->
     d_step {
       id = usedID;
       if
#ifndef NO_COUNT_CHECK
       :: published == completed -> latch()
#endif
       :: else -> take(id)
       fi;
       id = 0
     }
#elif defined(IN_ORDER)
  :: !isBroken && completed == batchEnd && found == completed -> skip
  :: !isBroken && completed == batchEnd && found != completed ->
     d_step {
       id = usedID;
       if
       :: DISTANCE(completed, found) > DISTANCE(completed, published) -> latch()
       :: else ->
          if
          :: id >= N -> latch()
          :: id < N && !inFlight[id % N] -> latch()
          :: else ->
             count = (DISTANCE(completed, number[id % N]) + 1) % M;
             if
#ifndef NO_BATCH_CHECK
             :: count == 0 || count > DISTANCE(completed, found) -> latch()
#endif
             :: else -> batchEnd = (completed + count) % M
             fi
          fi
       fi;
       id = 0; count = 0
     }
  :: !isBroken && completed != batchEnd ->
     d_step {
       /* The ledger knows which chain that is. */
       id = 0;
       do
       :: id < N && !(inFlight[id % N] && number[id % N] == completed) -> id++
       :: else -> break
       od;
       NEVER_SO(isTakenTwice, id >= N || owed[id % N] == 0);
       owed[id % N]--;
       inFlight[id % N] = 0;
       completed = (completed + 1) % M;
       id = 0
     }
#else
  :: !isBroken && found == completed -> skip
  :: !isBroken && found != completed ->
     if
#ifndef NO_COUNT_CHECK
     :: DISTANCE(completed, found) > DISTANCE(completed, published) -> d_step { latch() }
#endif
     :: else ->
#ifdef LOADS_ID_TWICE
        /* It is judged by one load, and believed by another. */
        d_step {
          if
          :: usedID < N && inFlight[usedID % N] -> skip
          :: else -> latch()
          fi
        };
        d_step {
          if
          :: isBroken -> skip
          :: else ->
             id = usedID;
             NEVER_SO(isTakenTwice, id >= N || owed[id % N] == 0);
             owed[id % N]--;
             inFlight[id % N] = 0;
             completed = (completed + 1) % M
          fi;
          id = 0
        }
#else
        d_step { id = usedID; take(id); id = 0 }
#endif
     fi
#endif
  fi;
  d_step { found = 0 }
}

/* Virtqueue.swift: startOver(maximumSize:), after the proof of a reset. */
inline reset() {
  d_step {
    isBroken = 0;
    enqueued = 0; published = 0; completed = 0; batchEnd = 0; frozen = 0;
    usedIndex = 0; usedID = 0;
    chain = 0;
    do
    :: chain < N -> inFlight[chain] = 0; owed[chain] = 0; number[chain] = 0; chain++
    :: else -> break
    od;
    chain = 0
  }
}

/* How many chains the driver believes to be with the device. */
inline count_in_flight() {
  d_step {
    chain = 0; total = 0;
    do
    :: chain < N -> total = total + inFlight[chain]; chain++
    :: else -> break
    od;
    NEVER_SO(isMiscounted,
      total != DISTANCE(completed, enqueued)
        || DISTANCE(completed, published) > DISTANCE(completed, enqueued));
    NEVER_SO(isThawed, isBroken && frozen != STATE);
    chain = 0; total = 0
  }
}

active proctype Driver() {
  byte found, id, count, chain, total;
  do
  :: enqueue(0); count_in_flight()
#if N > 1
  :: enqueue(1); count_in_flight()
#endif
#if N > 2
  :: enqueue(2); count_in_flight()
#endif
  :: d_step { !isBroken -> published = enqueued }
  :: look(); count_in_flight()
  :: isBroken -> reset(); count_in_flight()
  od
}

active proctype Device() {
  byte value;
  do
  :: d_step { usedIndex = value }
  :: d_step { usedID = value % IDS }
  :: d_step { value = (value + 1) % M }
  od
}
