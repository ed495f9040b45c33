// The fixed parts of the page: the files of page/, as the build embeds them.
#pragma once

namespace ricci::inspect {

extern const char pageText[], pageStyle[], pageScript[];

} // namespace ricci::inspect
