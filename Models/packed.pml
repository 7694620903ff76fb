/*
 * A packed virtqueue of N entries: driver, device, and the memory between them.
 *
 * It is what Sources/VirtIO/Queue does, access by access; each step names its method there. How far a
 * side has come is counted in entries, modulo 2 N: that is a place and a wrap counter. There are two
 * chains. On a ring of two entries each has one descriptor; on one of three, the first has two.
 *
 * Given by -D:
 *   N=2, N=3        how many entries
 *   EVENT_IDX       VIRTIO_F_EVENT_IDX was agreed: notifications are asked for by place
 *   RESET           the driver may reset the queue at any moment, and start it again
 * and the faults, each of which must be found: see models.tsv. Three entries with EVENT_IDX are more
 * states than can be searched in minutes; two with it and three without are searched wholly.
 *
 * What is shown, for every order of their steps:
 *   - a buffer that the device finds is one that the driver has published, wholly stored
 *   - a buffer that comes back was with the device, and a reset gives back the rest once
 *   - no place is believed that was not stored before its event flags
 *   - after a reset the device touches nothing until the queue is enabled (memory.pml)
 *   - nobody sleeps for ever: `Watch` says which notification was lost
 * Nobody has a clock: the 20 ms after which InterruptWaiter looks all the same would hide what is lost.
 */

#ifndef N
#define N 2
#endif
#define M (2 * N)
#define CHAINS 2

#if N == 3
#define LENGTH(number) ((number) == 0 -> 2 : 1)
#else
#define LENGTH(number) 1
#endif

/* An address, and all that it points to. */
#define ADDRESS(place) (place)
/* An id; from the device, also the length and all that it has written to the buffer. */
#define ID(place) (N + (place))
/* Flags. The driver stores them and the id as one, the device each for itself. */
#define FLAGS(place) (2 * N + (place))
#define DRIVER_PLACE (3 * N)
#define DRIVER_FLAGS (3 * N + 1)
#define DEVICE_PLACE (3 * N + 2)
#define DEVICE_FLAGS (3 * N + 3)
#define WORDS (3 * N + 4)

#include "memory.pml"

/* The place in an event structure was not stored before the flags that say that it counts. */
bit isPlaceStale;

/* What a word holds that was read and is to be written before it is read again. */
#define STALE CHAINS
#define STALE_PLACE M

/* Of an entry's flags. */
#define AVAIL 1
#define USED 2
#define NEXT 4
/* Of event flags: 0 is always. */
#define NEVER 1
#define BY_PLACE 2
#ifdef EVENT_IDX
#define ASKED BY_PLACE
#else
#define ASKED 0
#endif

#define PLACE(entry) ((entry) % N)
/* The wrap counter is 1 on the first lap, 0 on the second. */
#define IS_SECOND_LAP(entry) ((entry) % M >= N)
#define AVAILABLE_FLAGS(entry) (IS_SECOND_LAP(entry) -> USED : AVAIL)
#define USED_FLAGS(entry) (IS_SECOND_LAP(entry) -> 0 : AVAIL | USED)
#define IS_AVAILABLE(entry) \
  ((memory[FLAGS(PLACE(entry))] & (AVAIL | USED)) == AVAILABLE_FLAGS(entry))

/* What the driver does with its wrap counters: RingCursor.swift. */
#ifdef AVAILABLE_WRAP_KEPT
#define OWN_AVAILABLE_FLAGS(entry) AVAIL
#else
#define OWN_AVAILABLE_FLAGS(entry) AVAILABLE_FLAGS(entry)
#endif
#ifdef WRAP_OF_HEAD_FOR_TAIL
#define TAIL_FLAGS(head) OWN_AVAILABLE_FLAGS(head)
#else
#define TAIL_FLAGS(head) OWN_AVAILABLE_FLAGS((head) + 1)
#endif
#ifdef USED_WRAP_KEPT
#define OWN_USED_FLAGS(entry) (AVAIL | USED)
#else
#define OWN_USED_FLAGS(entry) USED_FLAGS(entry)
#endif
#define IS_USED(entry) \
  ((memory[FLAGS(PLACE(entry))] & (AVAIL | USED)) == OWN_USED_FLAGS(entry))
#ifdef WRAP_OF_NEXT_FOR_LAST
#define LAST(end) (PLACE((end) + N - 1) + (IS_SECOND_LAP(end) -> N : 0))
#else
#define LAST(end) (((end) + M - 1) % M)
#endif

/* Length, id and flags as the driver stores them. */
#define REST(number, flags) ((number) * 8 + (flags))
#define HEAD_REST(number, head) \
  REST(number, OWN_AVAILABLE_FLAGS(head) | (LENGTH(number) > 1 -> NEXT : 0))

/* The device's test of an event. */
#define DISTANCE(from, to) (((to) + 2 * M - (from)) % M)
#define IS_CROSSED(event, old, new) (DISTANCE((event) + 1, new) < DISTANCE(old, new))

/* The driver's, in places: Virtqueue+Submission.swift: isNotificationWanted(_:). */
#ifdef WRAP_OF_EVENT_IGNORED
#define EVENT_PLACE(event, new) PLACE(event)
#else
#define EVENT_PLACE(event, new) \
  (PLACE(event) - (IS_SECOND_LAP(event) == IS_SECOND_LAP(new) -> 0 : N))
#endif
#ifdef OLD_OF_THIS_LAP
#define OLD_PLACE(old, new) PLACE(old)
#else
#define OLD_PLACE(old, new) (PLACE(old) - (PLACE(old) < PLACE(new) -> 0 : N))
#endif
#define IS_BEFORE(event, new) (EVENT_PLACE(event, new) < PLACE(new))
#define IS_PASSED(event, old, new) \
  (IS_BEFORE(event, new) && EVENT_PLACE(event, new) >= OLD_PLACE(old, new))

/* Where each chain is. */
mtype = { free, enqueued, available, taken, used };
mtype chain[CHAINS] = free;

/* The transport. The latch is set when the handler runs, which may be long after the device asked. */
bit doorbell, latch;
bit isEnabled, isResetting;

/* How far the driver has come: the cursor of RingCursor.swift. */
byte enqueuedTo, publishedTo, completedTo;
/* How far the device has come. */
byte seenTo, usedTo, toldTo;
bit isAsleep;

/* Virtqueue+Submission.swift: storeAvailable(_:). */
inline enqueue(number) {
  chain[number] = enqueued;
  if
  :: LENGTH(number) > 1 ->
     store(DRIVER, ADDRESS(PLACE(enqueuedTo + 1)), number);
     store(DRIVER, FLAGS(PLACE(enqueuedTo + 1)), REST(number, TAIL_FLAGS(enqueuedTo)))
  :: else -> skip
  fi;
  store(DRIVER, ADDRESS(PLACE(enqueuedTo)), number);
#ifdef NO_HOLDING_BACK
  chain[number] = available;
  store(DRIVER, FLAGS(PLACE(enqueuedTo)), HEAD_REST(number, enqueuedTo));
#else
  if
  :: enqueuedTo == publishedTo -> held = number
  :: else -> store(DRIVER, FLAGS(PLACE(enqueuedTo)), HEAD_REST(number, enqueuedTo))
  fi;
#endif
  enqueuedTo = (enqueuedTo + LENGTH(number)) % M
}

/* Virtqueue+Interrupts.swift: arm(_:). */
#define arm(event) \
  armedEvent = event; \
  store(DRIVER, DRIVER_PLACE, armedEvent)

/* Virtqueue+Interrupts.swift: beginBatch(event:), of chains of which `number` are now in flight. */
inline beginBatch() {
  if
  :: wantsInterrupts ->
     id = (chain[0] != free) + (chain[1] != free) - 1;
     batchEnds = batchEnds | BIT(id);
     batchEvents[id] = LAST(enqueuedTo);
     id = 0;
#ifndef ARMS_LATE
     if
     :: publishedTo == completedTo -> arm(LAST(enqueuedTo))
     :: else -> skip
     fi
#endif
  :: else -> skip
  fi
}

/* Virtqueue+Completion.swift: nextWritten(), takePacked(_:), take(_:_:after:). */
inline takeIfUsed() {
  d_step {
    hasTaken = IS_USED(completedTo);
    if
    :: hasTaken ->
#ifdef NO_ACQUIRE
       id = early;
#else
       id = memory[ID(PLACE(completedTo))];
#endif
       NEVER_SO(isCompletionWrong, id >= CHAINS || chain[id] != used);
       chain[id] = free;
       memory[ID(PLACE(completedTo))] = STALE;
       completedTo = (completedTo + LENGTH(id)) % M;
#ifdef NO_ACQUIRE
       early = memory[ID(PLACE(completedTo))];
#endif
#ifdef EVENT_IDX
       batchEnds = batchEnds >> 1;
       batchEvents[0] = batchEvents[1];
       batchEvents[1] = 0
#endif
    :: else -> skip
    fi;
    id = 0
  }
}

/* BatchLog.swift: oldest(publishedCount:completedCount:); without one, the next entry. */
#define OLDEST_EVENT \
  (batchEnds & 1 -> batchEvents[0] : (batchEnds & 2 -> batchEvents[1] : completedTo))

/* Virtqueue+Completion.swift: nextCompletion(); Virtqueue+Interrupts.swift: armEvent(). */
#ifdef EVENT_IDX
inline take() {
  takeIfUsed();
  if
  :: !hasTaken && wantsInterrupts && publishedTo != completedTo && OLDEST_EVENT != armedEvent ->
     d_step { arm(OLDEST_EVENT) };
#ifndef NO_ENABLE_FENCE
     fullBarrier(DRIVER);
#endif
#ifndef NO_RECHECK
     takeIfUsed()
#endif
  :: else -> skip
  fi
}
#else
#define take takeIfUsed
#endif

/* Virtqueue+Interrupts.swift: suppressInterrupts(_:), without its barrier. */
inline suppressInterrupts(suppressed) {
#ifdef EVENT_IDX
  d_step {
    wantsInterrupts = !(suppressed);
    batchEnds = 0;
    batchEvents[0] = 0;
    batchEvents[1] = 0;
    if
    :: wantsInterrupts -> arm(completedTo)
    :: else -> armedEvent = 0
    fi;
#ifdef FLAGS_BEFORE_PLACE
    store(DRIVER, DRIVER_FLAGS, (wantsInterrupts -> ASKED : NEVER))
#endif
  };
#ifndef FLAGS_BEFORE_PLACE
  storeReleasing(DRIVER, DRIVER_FLAGS, (wantsInterrupts -> ASKED : NEVER))
#endif
#else
  wantsInterrupts = !(suppressed);
  storeReleasing(DRIVER, DRIVER_FLAGS, (wantsInterrupts -> ASKED : NEVER))
#endif
}

active proctype Driver() {
  /* The head that is held back, and of the chains in flight which end a batch, and where. */
  byte held, batchEnds, batchEvents[CHAINS], armedEvent, id;
  bit wantsInterrupts, hasTaken;
#ifdef NO_ACQUIRE
  /* What was loaded of the next used entry before its flags were. */
  byte early = STALE;
#endif

  d_step {
    for (id : 0 .. N - 1) {
      memory[ADDRESS(id)] = STALE;
      memory[ID(id)] = STALE
    };
    memory[DRIVER_PLACE] = STALE_PLACE;
    memory[DEVICE_PLACE] = STALE_PLACE;
    id = 0;
    isEnabled = 1
  };
  suppressInterrupts(1);

  do
  /* Virtqueue+Submission.swift: enqueue(_:). Chains of one length are alike. */
  :: d_step { chain[0] == free; enqueue(0) }
  :: d_step {
       chain[1] == free && (LENGTH(0) != LENGTH(1) || chain[0] != free);
       enqueue(1)
     }

  /* publishPacked(). */
  :: atomic {
       enqueuedTo != publishedTo ->
#ifdef EVENT_IDX
       d_step { beginBatch() };
#endif
#ifndef NO_HOLDING_BACK
       d_step {
         for (id : 0 .. CHAINS - 1) {
           chain[id] = (chain[id] == enqueued -> available : chain[id])
         };
         id = 0
       };
#ifdef NO_RELEASE
       d_step { store(DRIVER, FLAGS(PLACE(publishedTo)), HEAD_REST(held, publishedTo)) };
#else
       storeReleasing(DRIVER, FLAGS(PLACE(publishedTo)), HEAD_REST(held, publishedTo));
#endif
       held = 0;
#endif
#ifndef NO_KICK_FENCE
       fullBarrier(DRIVER);
#endif
       /* Ring. */
       d_step {
         if
#ifdef EVENT_IDX
         :: memory[DEVICE_FLAGS] == BY_PLACE ->
            NEVER_SO(isPlaceStale, memory[DEVICE_PLACE] == STALE_PLACE);
            if
            :: IS_PASSED(memory[DEVICE_PLACE], publishedTo, enqueuedTo) -> doorbell = 1
            :: else -> skip
            fi
#endif
         :: memory[DEVICE_FLAGS] == 0 -> doorbell = 1
         :: memory[DEVICE_FLAGS] == NEVER -> skip
         fi;
#ifdef ARMS_LATE
         if
         :: wantsInterrupts && publishedTo == completedTo -> arm(LAST(enqueuedTo))
         :: else -> skip
         fi;
#endif
         publishedTo = enqueuedTo
       }
     }

#ifdef NO_ACQUIRE
  :: early = memory[ID(PLACE(completedTo))]
#endif

  /* A look without waiting, and a PollingWaiter. */
  :: atomic { publishedTo != completedTo -> take(); hasTaken = 0 }
  :: publishedTo != completedTo && !wantsInterrupts -> IS_USED(completedTo)

  /* Display+Interrupts.swift: disableInterrupts(). */
  :: atomic { wantsInterrupts -> suppressInterrupts(1) }

  /* Display.swift: awaiting; InterruptWaiter.swift: wait(on:). */
  :: atomic {
       publishedTo != completedTo ->
       if
       :: wantsInterrupts -> take()
       :: else ->
          suppressInterrupts(0);
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
         for (id : 0 .. CHAINS - 1) { chain[id] = free };
#ifdef WRAPS_KEPT_IN_RESET
         completedTo = completedTo - PLACE(completedTo);
         enqueuedTo = completedTo; publishedTo = completedTo;
#else
         enqueuedTo = 0; publishedTo = 0; completedTo = 0;
#endif
         held = 0;
#ifndef NO_ZEROES
         for (id : 0 .. N - 1) {
           store(DRIVER, ADDRESS(id), STALE);
           store(DRIVER, FLAGS(id), REST(STALE, 0))
         };
         store(DRIVER, DRIVER_PLACE, STALE_PLACE);
         store(DRIVER, DRIVER_FLAGS, 0);
         store(DRIVER, DEVICE_PLACE, STALE_PLACE);
         store(DRIVER, DEVICE_FLAGS, 0);
#endif
         id = 0
       };
#ifndef NO_START_FENCE
       fullBarrier(DRIVER);
#endif
       d_step { isGivenBack = 0; isEnabled = 1 };
       suppressInterrupts(1)
     }
#endif
  od
}

/* A device tells at least once in a lap: it could not say otherwise which places it has passed. */
#define USES(number) \
  :: atomic { \
       isEnabled && chain[number] == taken && releasing[DEVICE] == 0 \
         && DISTANCE(toldTo, usedTo) + LENGTH(number) <= N -> \
       chain[number] = used; \
       store(DEVICE, ID(PLACE(usedTo)), number); \
       storeReleasing(DEVICE, FLAGS(PLACE(usedTo)), USED_FLAGS(usedTo)); \
       usedTo = (usedTo + LENGTH(number)) % M \
     }

active proctype Device() {
  byte head, flags;

  do
  /* A look that finds a buffer. */
  :: d_step {
       isEnabled && !isAsleep && IS_AVAILABLE(seenTo);
       head = memory[ID(PLACE(seenTo))];
       NEVER_SO(isBufferWrong,
         isGivenBack || head >= CHAINS || chain[head] != available
           || memory[ADDRESS(PLACE(seenTo))] != head
           || (memory[FLAGS(PLACE(seenTo))] & NEXT) != (LENGTH(head) > 1 -> NEXT : 0));
       memory[ADDRESS(PLACE(seenTo))] = STALE;
       memory[ID(PLACE(seenTo))] = STALE;
       if
       :: LENGTH(head) > 1 ->
          NEVER_SO(isBufferWrong,
            memory[ADDRESS(PLACE(seenTo + 1))] != head || memory[ID(PLACE(seenTo + 1))] != head);
          memory[ADDRESS(PLACE(seenTo + 1))] = STALE;
          memory[ID(PLACE(seenTo + 1))] = STALE
       :: else -> skip
       fi;
       chain[head] = taken;
       seenTo = (seenTo + LENGTH(head)) % M;
       head = 0
     }

  /* A look that finds none: it may ask for a notification, look again, and sleep. */
  :: atomic {
       isEnabled && !isAsleep && !IS_AVAILABLE(seenTo) ->
#ifdef EVENT_IDX
       d_step { store(DEVICE, DEVICE_PLACE, seenTo) };
       storeReleasing(DEVICE, DEVICE_FLAGS, ASKED);
#else
       d_step { store(DEVICE, DEVICE_FLAGS, ASKED) };
#endif
#ifndef NO_DEVICE_SLEEP_FENCE
       fullBarrier(DEVICE);
#endif
       isAsleep = !IS_AVAILABLE(seenTo)
     }
  :: atomic {
       isAsleep && doorbell -> doorbell = 0; isAsleep = 0;
       if
       :: store(DEVICE, DEVICE_FLAGS, NEVER)
       :: skip
       fi
     }

  /* Any number of buffers is used, in any order, and then told of at once. */
  USES(0)
  USES(1)
  :: atomic {
       usedTo != toldTo ->
#ifndef NO_DEVICE_INTERRUPT_FENCE
       fullBarrier(DEVICE);
#endif
       /* Tell: flags are loaded before the place, as they were stored after it. */
       flags = memory[DRIVER_FLAGS]
     };
     d_step {
       if
#ifdef EVENT_IDX
       :: flags == BY_PLACE ->
          NEVER_SO(isPlaceStale, memory[DRIVER_PLACE] == STALE_PLACE);
          if
          :: IS_CROSSED(memory[DRIVER_PLACE], toldTo, usedTo) -> latch = 1
          :: else -> skip
          fi
#endif
       :: flags == 0 -> latch = 1
       :: flags == NEVER -> skip
       fi;
       flags = 0;
       toldTo = usedTo
     }

#ifdef RESET
  :: isResetting ->
     fullBarrier(DEVICE);
     d_step {
       seenTo = 0; usedTo = 0; toldTo = 0; isAsleep = 0; doorbell = 0;
       isEnabled = 0; isResetting = 0
     }
#endif
  od
}

#define REST_REACHES(place) \
  REACHES_AS(DRIVER, FLAGS(place), \
    memory[ID(place)] = stored[FLAGS(place)] / 8; memory[FLAGS(place)] = stored[FLAGS(place)] % 8)

active proctype Stores() {
  do
  REACHES(DRIVER, ADDRESS(0))
  REACHES(DRIVER, ADDRESS(1))
  REST_REACHES(0)
  REST_REACHES(1)
  REACHES(DEVICE, ID(0))
  REACHES(DEVICE, ID(1))
  REACHES(DEVICE, FLAGS(0))
  REACHES(DEVICE, FLAGS(1))
#if N > 2
  REACHES(DRIVER, ADDRESS(2))
  REST_REACHES(2)
  REACHES(DEVICE, ID(2))
  REACHES(DEVICE, FLAGS(2))
#endif
  REACHES(DRIVER, DRIVER_FLAGS)
  REACHES(DEVICE, DEVICE_FLAGS)
#ifdef EVENT_IDX
  REACHES(DRIVER, DRIVER_PLACE)
  REACHES(DEVICE, DEVICE_PLACE)
#endif
#ifdef RESET
  /* Only a reset has the driver store what else is the device's. */
  REACHES(DRIVER, DEVICE_FLAGS)
  REACHES(DRIVER, DEVICE_PLACE)
#ifndef EVENT_IDX
  REACHES(DRIVER, DRIVER_PLACE)
#endif
#endif
  od
}

/* Nobody can do anything any more. */
active proctype Watch() {
  timeout;
  /* The device sleeps, and there are available buffers. */
  NEVER_SO(isKickLost, chain[0] == available || chain[1] == available);
  /* The driver sleeps, and there are used buffers. */
  NEVER_SO(isInterruptLost, chain[0] == used || chain[1] == used);
  NEVER_SO(isStuck, true)
}
