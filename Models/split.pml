/*
 * A split virtqueue of N entries: driver, device, and the memory between them.
 *
 * It is what Sources/VirtIO/Queue does, access by access; each step names its method there. Indices
 * are counted modulo 2 N instead of 65,536: that is as tight as a queue of 32,768 entries makes it,
 * and they start over all the time. A chain has one descriptor.
 *
 * Given by -D:
 *   N=1, N=2, N=4   how many entries
 *   EVENT_IDX       VIRTIO_F_EVENT_IDX was agreed: notifications are asked for by index
 *   RESET           the driver may reset the queue at any moment, and start it again
 * and the faults, each of which must be found: see models.tsv.
 *
 * What is shown, for every order of their steps:
 *   - a buffer that the device finds is one that the driver has enqueued, wholly stored
 *   - a buffer that comes back was with the device, and a reset gives back the rest once
 *   - after a reset the device touches nothing until the queue is enabled (memory.pml)
 *   - nobody sleeps for ever: `Watch` says which notification was lost
 * Nobody has a clock: the 20 ms after which InterruptWaiter looks all the same would hide what is lost.
 */

#ifndef N
#define N 2
#endif
#define M (2 * N)

/* The words that the driver stores, then those that the device stores. */
#define AVAILABLE_RING(slot) (slot)
#define CHAIN(head) (N + (head))  /* descriptors and all that they point to */
#define AVAILABLE_INDEX (2 * N)
#define DRIVER_ASKS (2 * N + 1)  /* available flags; with EVENT_IDX, used_event */
#define USED_RING(slot) (2 * N + 2 + (slot))
#define USED_INDEX (3 * N + 2)
#define DEVICE_ASKS (3 * N + 3)  /* used flags; with EVENT_IDX, avail_event */
#define WORDS (3 * N + 4)

#include "memory.pml"

/* What a word holds that was read and is to be written before it is read again. */
#define STALE N

#define DISTANCE(from, to) (((to) + 2 * M - (from)) % M)
#define IS_CROSSED_RIGHTLY(event, old, new) (DISTANCE((event) + 1, new) < DISTANCE(old, new))
#if defined(CROSSED_OFF_BY_ONE)
#define IS_CROSSED(event, old, new) (DISTANCE(event, new) < DISTANCE(old, new))
#elif defined(CROSSED_BY_LAST_ONLY)
#define IS_CROSSED(event, old, new) (DISTANCE((event) + 1, new) == 0)
#else
#define IS_CROSSED(event, old, new) IS_CROSSED_RIGHTLY(event, old, new)
#endif

/* Where each chain is. */
mtype = { free, enqueued, taken, used };
mtype chain[N] = free;

/* The transport. The latch is set when the handler runs, which may be long after the device asked. */
bit doorbell, latch;
bit isEnabled = 1, isResetting;

/* The driver's own: published and completed counts (Virtqueue.swift). */
byte published, completed;
/* The device's own. */
byte seen, usedCount, told;
bit isAsleep;

/* A free chain; N if there is none. Which of them it is makes no difference. */
#if N == 1
#define A_FREE_CHAIN (chain[0] == free -> 0 : N)
#elif N == 2
#define A_FREE_CHAIN (chain[0] == free -> 0 : (chain[1] == free -> 1 : N))
#else
#define A_FREE_CHAIN (chain[0] == free -> 0 : (chain[1] == free -> 1 : \
  (chain[2] == free -> 2 : (chain[3] == free -> 3 : N))))
#endif

/* Virtqueue+Completion.swift: nextCompletion(), takeSplit(upTo:), take(_:_:). */
inline takeIfUsed() {
  d_step {
    hasTaken = memory[USED_INDEX] != completed;
    if
    :: hasTaken ->
#ifdef NO_ACQUIRE
       id = early;
#else
       id = memory[USED_RING(completed % N)];
#endif
       NEVER_SO(isCompletionWrong,
         DISTANCE(completed, memory[USED_INDEX]) > DISTANCE(completed, published)
           || id >= N || chain[id] != used);
       chain[id] = free;
       memory[USED_RING(completed % N)] = STALE;
       memory[CHAIN(id)] = STALE;
#ifdef EVENT_IDX
       batchEnds = batchEnds & ~BIT(completed % N);
#endif
       completed = (completed + 1) % M;
#ifdef NO_ACQUIRE
       early = memory[USED_RING(completed % N)]
#endif
    :: else -> skip
    fi;
    id = 0
  }
}

/* Virtqueue+Interrupts.swift: arm(_:). */
#define arm(event) \
  armedEvent = (event) % M; \
  store(DRIVER, DRIVER_ASKS, armedEvent)

/* BatchLog.swift: oldest(publishedCount:completedCount:); without one, the next chain. */
inline findEvent() {
  event = completed;
  do
  :: batchEnds == 0 -> break
  :: else ->
     if
     :: batchEnds & BIT(event % N) -> break
     :: else -> event++
     fi
  od;
  event = event % M
}

/* Virtqueue+Completion.swift: nextCompletion(); Virtqueue+Interrupts.swift: armEvent(). */
#ifdef EVENT_IDX
inline take() {
  takeIfUsed();
  if
  :: !hasTaken && wantsInterrupts && published != completed ->
     d_step { findEvent() };
     if
     :: event != armedEvent ->
        d_step { arm(event); event = 0 };
#ifndef NO_ENABLE_FENCE
        fullBarrier(DRIVER);
#endif
#ifndef NO_RECHECK
        takeIfUsed()
#endif
     :: else -> event = 0
     fi
  :: else -> skip
  fi
}
#else
#define take takeIfUsed
#endif

/* Virtqueue+Interrupts.swift: suppressInterrupts(_:), without its barrier. */
inline suppressInterrupts(suppressed) {
  wantsInterrupts = !(suppressed);
#ifdef EVENT_IDX
  batchEnds = 0;
  arm(completed + (suppressed -> M - 1 : 0))
#else
  store(DRIVER, DRIVER_ASKS, suppressed)
#endif
}

active proctype Driver() {
  /* Its count of enqueued chains; of those that are published, which end a batch. */
  byte enqueuedCount, batchEnds, armedEvent, event, id;
  bit wantsInterrupts, hasTaken;
#ifdef NO_ACQUIRE
  /* What was loaded of the next used element before the index was. */
  byte early = STALE;
#endif

  d_step {
    for (id : 0 .. N - 1) {
      memory[AVAILABLE_RING(id)] = STALE;
      memory[CHAIN(id)] = STALE;
      memory[USED_RING(id)] = STALE
    };
    id = 0;
    suppressInterrupts(1)
  };

  do
  /* Virtqueue+Submission.swift: enqueue(_:). */
  :: d_step {
       A_FREE_CHAIN != N;
       id = A_FREE_CHAIN;
       chain[id] = enqueued;
       store(DRIVER, CHAIN(id), 0);
       store(DRIVER, AVAILABLE_RING(enqueuedCount % N), id);
       enqueuedCount = (enqueuedCount + 1) % M;
       id = 0
     }

  /* publish(). */
  :: atomic {
       enqueuedCount != published ->
#ifdef EVENT_IDX
       /* Virtqueue+Interrupts.swift: beginBatch(event:). */
       d_step {
         if
         :: wantsInterrupts ->
            batchEnds = batchEnds | BIT((enqueuedCount + M - 1) % N);
#ifndef ARMS_LATE
            if
            :: published == completed -> arm(enqueuedCount + M - 1)
            :: else -> skip
            fi
#endif
         :: else -> skip
         fi
       };
#endif
#ifdef NO_RELEASE
       d_step { store(DRIVER, AVAILABLE_INDEX, enqueuedCount) };
#else
       storeReleasing(DRIVER, AVAILABLE_INDEX, enqueuedCount);
#endif
#ifndef NO_KICK_FENCE
       fullBarrier(DRIVER);
#endif
       d_step {
         if
#ifdef EVENT_IDX
         :: IS_CROSSED(memory[DEVICE_ASKS], published, enqueuedCount) -> doorbell = 1
#else
         :: memory[DEVICE_ASKS] == 0 -> doorbell = 1
#endif
         :: else -> skip
         fi;
#ifdef ARMS_LATE
         if
         :: wantsInterrupts && published == completed -> arm(enqueuedCount + M - 1)
         :: else -> skip
         fi;
#endif
         published = enqueuedCount
       }
     }

#ifdef NO_ACQUIRE
  :: early = memory[USED_RING(completed % N)]
#endif

  /* A look without waiting, and a PollingWaiter. */
  :: atomic { published != completed -> take(); hasTaken = 0 }
  :: published != completed && !wantsInterrupts -> memory[USED_INDEX] != completed

  /* Display+Interrupts.swift: disableInterrupts(). */
  :: d_step { wantsInterrupts; suppressInterrupts(1) }

  /* Display.swift: awaiting; InterruptWaiter.swift: wait(on:). */
  :: atomic {
       published != completed ->
       if
       :: wantsInterrupts -> take()
       :: else ->
          d_step { suppressInterrupts(0) };
#ifndef NO_ENABLE_FENCE
          fullBarrier(DRIVER);
#endif
#ifndef NO_RECHECK
          take()
#endif
       fi
     };
#ifdef TAKES_WAKE_AFTER_LOOK
     latch = (hasTaken -> latch : 0);
#endif
     d_step {
       hasTaken || latch;
       latch = (hasTaken -> latch : 0);
       hasTaken = 0
     }

#ifdef RESET
  /* LiveDevice.swift: reset of a queue; Virtqueue.swift: renew(), enterService(_:). */
  :: atomic {
       isResetting = 1;
#ifndef NO_READ_BACK
       !isResetting;
#endif
       d_step {
         isGivenBack = 1;
         for (id : 0 .. N - 1) { chain[id] = free };
         enqueuedCount = 0; published = 0; completed = 0;
#ifndef NO_ZEROES
         store(DRIVER, AVAILABLE_INDEX, 0);
         store(DRIVER, DRIVER_ASKS, 0);
         store(DRIVER, USED_INDEX, 0);
         store(DRIVER, DEVICE_ASKS, 0);
         for (id : 0 .. N - 1) {
           store(DRIVER, AVAILABLE_RING(id), STALE);
           store(DRIVER, CHAIN(id), STALE);
           store(DRIVER, USED_RING(id), STALE)
         };
#endif
         id = 0
       };
#ifndef NO_START_FENCE
       fullBarrier(DRIVER);
#endif
       d_step { isGivenBack = 0; isEnabled = 1; suppressInterrupts(1) }
     }
#endif
  od
}

#define USES(head) \
  :: d_step { \
       isEnabled && chain[head] == taken; \
       chain[head] = used; \
       store(DEVICE, USED_RING(usedCount % N), head); \
       usedCount = (usedCount + 1) % M \
     }

active proctype Device() {
  byte head;

  do
  /* A look that finds a buffer. */
  :: atomic {
       isEnabled && !isAsleep && memory[AVAILABLE_INDEX] != seen ->
       head = memory[AVAILABLE_RING(seen % N)];
       NEVER_SO(isBufferWrong,
         isGivenBack || head >= N || chain[head] != enqueued || memory[CHAIN(head)] == STALE);
       chain[head] = taken;
       memory[AVAILABLE_RING(seen % N)] = STALE;
       seen = (seen + 1) % M;
       head = 0
     }

  /* A look that finds none: it may ask for a notification, look again, and sleep. */
  :: atomic {
       isEnabled && !isAsleep && memory[AVAILABLE_INDEX] == seen ->
#ifdef EVENT_IDX
       d_step { store(DEVICE, DEVICE_ASKS, seen) };
#else
       d_step { store(DEVICE, DEVICE_ASKS, 0) };
#endif
#ifndef NO_DEVICE_SLEEP_FENCE
       fullBarrier(DEVICE);
#endif
       isAsleep = memory[AVAILABLE_INDEX] == seen
     }
  :: atomic {
       isAsleep && doorbell -> doorbell = 0; isAsleep = 0;
#ifndef EVENT_IDX
       if
       :: store(DEVICE, DEVICE_ASKS, 1)
       :: skip
       fi
#endif
     }

  /* Any number of buffers is used, in any order, and then shown at once. */
  USES(0)
#if N > 1
  USES(1)
#endif
#if N > 2
  USES(2)
  USES(3)
#endif
  :: atomic {
       usedCount != told ->
       storeReleasing(DEVICE, USED_INDEX, usedCount);
#ifndef NO_DEVICE_INTERRUPT_FENCE
       fullBarrier(DEVICE);
#endif
       d_step {
         if
#ifdef EVENT_IDX
         :: IS_CROSSED_RIGHTLY(memory[DRIVER_ASKS], told, usedCount) -> latch = 1
#else
         :: memory[DRIVER_ASKS] == 0 -> latch = 1
#endif
         :: else -> skip
         fi;
         told = usedCount
       }
     }

#ifdef RESET
  :: isResetting ->
     fullBarrier(DEVICE);
     d_step {
       seen = 0; usedCount = 0; told = 0; isAsleep = 0; doorbell = 0;
       isEnabled = 0; isResetting = 0
     }
#endif
  od
}

active proctype Stores() {
  do
  REACHES(DRIVER, 0)
  REACHES(DRIVER, 1)
  REACHES(DRIVER, 2)
  REACHES(DRIVER, 3)
#if N > 1
  REACHES(DRIVER, 4)
  REACHES(DRIVER, 5)
#endif
#if N > 2
  REACHES(DRIVER, 6)
  REACHES(DRIVER, 7)
  REACHES(DRIVER, 8)
  REACHES(DRIVER, 9)
#endif
  REACHES(DEVICE, USED_RING(0))
#if N > 1
  REACHES(DEVICE, USED_RING(1))
#endif
#if N > 2
  REACHES(DEVICE, USED_RING(2))
  REACHES(DEVICE, USED_RING(3))
#endif
  REACHES(DEVICE, USED_INDEX)
  REACHES(DEVICE, DEVICE_ASKS)
#ifdef RESET
  /* Only a reset has the driver store what else is the device's. */
  REACHES(DRIVER, USED_RING(0))
#if N > 1
  REACHES(DRIVER, USED_RING(1))
#endif
#if N > 2
  REACHES(DRIVER, USED_RING(2))
  REACHES(DRIVER, USED_RING(3))
#endif
  REACHES(DRIVER, USED_INDEX)
  REACHES(DRIVER, DEVICE_ASKS)
#endif
  od
}

/* Nobody can do anything any more. */
active proctype Watch() {
  timeout;
  /* The device sleeps, and there are available buffers. */
  NEVER_SO(isKickLost, isAsleep && memory[AVAILABLE_INDEX] != seen);
  /* The driver sleeps, and there are used buffers. */
  NEVER_SO(isInterruptLost, memory[USED_INDEX] != completed);
  NEVER_SO(isStuck, true)
}
