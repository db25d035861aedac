#pragma once

#include "auth.h"
#include "store.h"

/** ot_people_port: the store, as authentication sees it. @store: borrowed. */
OtPeoplePort ot_people_port (OtStore *store);
