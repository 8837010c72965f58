/* Memory for nodes: blocks of 64 kB.
 *
 * A graph is made in one go, swept twice and dropped whole, thousands of times. So a block whose nodes have all died
 * starts again from its beginning, and the next graph lies in memory in the order in which it is made and swept;
 * a list of free slots over all memory would hand them out in the order of their deaths (measured on a training step
 * of 65,000 nodes: a quarter slower, and Python's own allocator twice as slow).
 *
 * Blocks are aligned to their size, so that a node finds its block by its address. They are cut out of arenas of
 * sixteen, which is what the system is asked for and given back.
 *
 * Under AddressSanitizer slots in which no node lives are poisoned, so that it sees every use of a dead node.
 */

#ifndef VALUEGRAD_MEMORY_H
#define VALUEGRAD_MEMORY_H

#include "common.h"

#if defined(__SANITIZE_ADDRESS__)
#define POISONED_SLOTS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONED_SLOTS
#endif
#endif
#ifdef POISONED_SLOTS
#include <sanitizer/asan_interface.h>
#define POISON(start, size) __asan_poison_memory_region(start, size)
#define UNPOISON(start, size) __asan_unpoison_memory_region(start, size)
#else
#define POISON(start, size) ((void)(start), (void)(size))
#define UNPOISON(start, size) ((void)(start), (void)(size))
#endif

#ifdef _WIN32
#include <malloc.h>
#endif

enum { BLOCK_SIZE = 1 << 16, BLOCKS_PER_ARENA = 16, EMPTY_BLOCKS_KEPT = 256 };

typedef struct Slot { struct Slot *next; } Slot; /* memory in which no node lives */

typedef struct { char *memory; int empty; } Arena; /* how many of its blocks are in the list of empty ones */

typedef struct Block {
    struct Block *previous, *next; /* in one of the two lists below, or NULL */
    Slot *dead;                    /* slots whose node has died since the block was last empty */
    char *fresh, *end;             /* the slots that no node has been in since then */
    size_t live;
    Arena *arena;
} Block;

/* Where the slots begin, aligned for doubles everywhere. 682 nodes of 96 bytes fill the rest to the byte. */
enum { BLOCK_HEAD = 64 };

static Block *current_block; /* where new nodes go; in neither list */
static Block partial_blocks = {.previous = &partial_blocks, .next = &partial_blocks};
static Block empty_blocks = {.previous = &empty_blocks, .next = &empty_blocks};
static size_t empty_count;

static void list_block(Block *list, Block *block) {
    block->next = list->next;
    block->previous = list;
    list->next->previous = block;
    list->next = block;
}

static void unlist_block(Block *block) {
    block->previous->next = block->next;
    block->next->previous = block->previous;
    block->previous = block->next = NULL;
}

static char *first_slot(Block *block) { return (char *)block + BLOCK_HEAD; }

static void *aligned_memory(size_t alignment, size_t size) {
#ifdef _WIN32
    return _aligned_malloc(size, alignment);
#else
    void *memory;
    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
#endif
}

static void free_aligned(void *memory) {
#ifdef _WIN32
    _aligned_free(memory);
#else
    free(memory);
#endif
}

/* List the empty blocks of a new arena, the first of them first; -1 if there is no memory. */
static int add_arena(size_t slot_size) {
    Arena *arena = PyMem_Malloc(sizeof(Arena));
    char *memory = arena ? aligned_memory(BLOCK_SIZE, (size_t)BLOCK_SIZE * BLOCKS_PER_ARENA) : NULL;
    if (!memory) {
        PyMem_Free(arena);
        return -1;
    }
    arena->memory = memory;
    arena->empty = BLOCKS_PER_ARENA;
    for (int i = BLOCKS_PER_ARENA; i-- > 0;) {
        Block *block = (Block *)(memory + (size_t)i * BLOCK_SIZE);
        block->dead = NULL;
        block->fresh = first_slot(block);
        block->end = block->fresh + (BLOCK_SIZE - BLOCK_HEAD) / slot_size * slot_size;
        block->live = 0;
        block->arena = arena;
        list_block(&empty_blocks, block);
        POISON(block->fresh, (size_t)(block->end - block->fresh));
    }
    empty_count += BLOCKS_PER_ARENA;
    return 0;
}

static void drop_arena(Arena *arena) {
    for (int i = 0; i < BLOCKS_PER_ARENA; i++) unlist_block((Block *)(arena->memory + (size_t)i * BLOCK_SIZE));
    empty_count -= BLOCKS_PER_ARENA;
    UNPOISON(arena->memory, (size_t)BLOCK_SIZE * BLOCKS_PER_ARENA);
    free_aligned(arena->memory);
    PyMem_Free(arena);
}

/* Make a block with room the current one; -1 if there is no memory. */
static int next_block(size_t slot_size) {
    Block *block;
    if (partial_blocks.next != &partial_blocks) block = partial_blocks.next;
    else {
        if (empty_blocks.next == &empty_blocks && add_arena(slot_size) < 0) return -1;
        block = empty_blocks.next;
        block->arena->empty--;
        empty_count--;
    }
    unlist_block(block);
    current_block = block; /* the one before is full: it is listed again when a node of it dies */
    return 0;
}

/* Memory for a node; NULL, without an exception set, if there is none. */
static inline void *take_slot(size_t size) {
    for (;;) {
        Block *block = current_block;
        if (LIKELY(block != NULL)) {
            if (block->dead) {
                Slot *slot = block->dead;
                UNPOISON(slot, size);
                block->dead = slot->next;
                block->live++;
                return slot;
            }
            if (block->fresh < block->end) {
                char *slot = block->fresh;
                UNPOISON(slot, size);
                block->fresh += size;
                block->live++;
                return slot;
            }
        }
        if (next_block(size) < 0) return NULL;
    }
}

static void block_emptied(Block *block) {
    block->dead = NULL;
    block->fresh = first_slot(block);
    if (block == current_block) return;
    if (block->next) unlist_block(block);
    list_block(&empty_blocks, block);
    empty_count++;
    if (++block->arena->empty == BLOCKS_PER_ARENA && empty_count > EMPTY_BLOCKS_KEPT) drop_arena(block->arena);
}

static inline void give_slot(void *memory, size_t size) {
    Block *block = (Block *)((uintptr_t)memory & ~(uintptr_t)(BLOCK_SIZE - 1));
    Slot *slot = memory;
    slot->next = block->dead;
    block->dead = slot;
    POISON(slot, size);
    if (--block->live == 0) block_emptied(block);
    else if (!block->next && block != current_block) list_block(&partial_blocks, block);
}

#endif
